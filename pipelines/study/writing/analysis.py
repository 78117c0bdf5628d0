"""From the results to scores and differences, with their intervals.

N rows: the queries of all runs of an arm one after another, a person's together in resampling. An interval
says how much the test people matter, `p_seeds` how much the seeds do; a difference counts as one where both
agree (`Difference.verdict`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vtbr_eval.statistics import holm, identity_intervals, p_values

from ..work.results import read_lines

DRAWS, SEED = 2000, 0
"""Of the bootstrap."""
TRANSFERS = {
    "few": "few identities",
    "frozen": "frozen backbone",
    "zero-shot": "zero-shot",
    "viper": "VIPeR",
    "viper-frozen": "VIPeR, frozen",
    "viper-zero-shot": "VIPeR, zero-shot",
}
"""The project's own transfers; photographs come under the name that the user gave them."""
MEASURES = ("mAP", "rank-1")
BEST, PUBLISHED = "captions", "bicaptioning"
"""The arm of the claim, and the published recipe that it shall be better than."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Score:
    """Of an arm after a transfer."""

    arm: str
    transfer: str
    mean: dict[str, float]
    interval: dict[str, list[float]]
    """95 %, over people."""
    spread: dict[str, float | None]
    """Standard deviation over runs (seeds, or VIPeR's splits)."""
    runs: int
    queries: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """Arm `a` minus arm `b` in mAP, on the same queries at the same seeds."""

    a: str
    b: str
    transfer: str
    mean: float
    interval: list[float]
    """95 %, over people."""
    p_people: float
    """By random signs of people."""
    by_run: list[float]
    p_seeds: float | None
    """Paired t-test over runs; none with one."""
    seeds_interval: list[float] | None = None
    """95 %, over runs, by Student's t; none with one."""
    p_people_holm: float | None = None
    """Raised for the number of comparisons in its family."""

    @property
    def verdict(self) -> str:
        """`wins` or `loses` where the interval leaves 0 out and 2 runs or more agree, else `undecided`."""
        low, high = self.interval
        if len(self.by_run) > 1 and low > 0 and min(self.by_run) > 0:
            return "wins"
        if len(self.by_run) > 1 and high < 0 and max(self.by_run) < 0:
            return "loses"
        return "undecided"


class Study:
    """The results of a study, read once."""

    def __init__(self, results: Path) -> None:
        self.folder = results.parent
        lines = read_lines(results)
        self.about = lines[0]
        self.pretrained = [line for line in lines if line["kind"] == "pretrain"]
        self.finetuned = [line for line in lines if line["kind"] == "finetune"]
        self._rows: dict[tuple[str, str], Rows] = {}

    @cached_property
    def arms(self) -> dict[str, dict[str, Any]]:
        """The facts of each arm that was fine-tuned, in the order of the plan."""
        arms: dict[str, dict[str, Any]] = {}
        for line in self.finetuned:
            arms.setdefault(line["arm"], line)
        return arms

    @cached_property
    def transfers(self) -> list[str]:
        """The transfers that were run, the project's own first."""
        found = dict.fromkeys(line["transfer"] for line in self.finetuned)
        return [
            *(name for name in TRANSFERS if name in found),
            *(name for name in found if name not in TRANSFERS),
        ]

    @property
    def real(self) -> list[str]:
        """The names of the sets of photographs that were scored."""
        names = [set_of(name) for name in self.transfers if name not in TRANSFERS]
        has_viper = any(set_of(name) == "viper" for name in self.transfers)
        return [*(["VIPeR"] if has_viper else []), *dict.fromkeys(names)]

    def has(self, arm: str, transfer: str) -> bool:
        """Return whether there is a run of it."""
        return any(line["arm"] == arm and line["transfer"] == transfer for line in self.finetuned)

    def rows(self, arm: str, transfer: str) -> Rows:
        """Return all queries of an arm's runs."""
        key = (arm, transfer)
        if key not in self._rows:
            runs = [line for line in self.finetuned if (line["arm"], line["transfer"]) == key]
            self._rows[key] = Rows.read(self.folder, runs)
        return self._rows[key]

    def score(self, arm: str, transfer: str) -> Score:
        """Return means with their intervals."""
        rows = self.rows(arm, transfer)
        ends = identity_intervals(rows.values, rows.identity, draws=DRAWS, seed=SEED)
        by_run = rows.by_run(rows.values)
        return Score(
            arm=arm,
            transfer=transfer,
            mean=named(rows.values.mean(axis=0)),
            interval={} if ends is None else {m: ends[:, i].tolist() for i, m in enumerate(MEASURES)},
            spread={
                m: float(np.std(by_run[:, i], ddof=1)) if len(by_run) > 1 else None
                for i, m in enumerate(MEASURES)
            },
            runs=len(by_run),
            queries=len(rows.values),
        )

    def difference(self, a: str, b: str, transfer: str) -> Difference | None:
        """Return A minus B in mAP over the runs that both have; None where there are none."""
        if not (self.has(a, transfer) and self.has(b, transfer)):
            return None
        pairs = paired(self.rows(a, transfer), self.rows(b, transfer))
        return summarise(pairs, a=a, b=b, transfer=transfer) if pairs else None

    def differences(self, pairs: Iterable[tuple[str, str]], transfer: str) -> list[Difference]:
        """Return a family of differences, their p-values raised for their number."""
        found = [self.difference(a, b, transfer) for a, b in pairs]
        family = [one for one in found if one is not None]
        raised = holm([one.p_people for one in family])
        return [
            Difference(**{**asdict(one), "p_people_holm": p}) for one, p in zip(family, raised, strict=True)
        ]


@dataclass(frozen=True, kw_only=True, eq=False)
class Rows:
    """Queries of several runs: `values` (N, 2) AP and whether rank 1 is right."""

    key: list[tuple[int, str]]
    """The run's seed (VIPeR: its split) and the query's path."""
    identity: NDArray[np.int64]
    values: NDArray[np.float64]

    @classmethod
    def read(cls, folder: Path, runs: Sequence[Mapping[str, Any]]) -> Rows:
        """Read the runs' files of queries."""
        key: list[tuple[int, str]] = []
        identity: list[int] = []
        values: list[tuple[float, float]] = []
        for run in runs:
            number = run["seed"] if run["split"] is None else run["split"]
            for query in read_lines(folder / run["queries"]):
                key.append((number, query["path"]))
                identity.append(query["identity"])
                values.append((query["AP"], float(query["ranks"][0] == 1)))
        return cls(key=key, identity=np.array(identity, np.int64), values=np.array(values, np.float64))

    def by_run(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the means (R, K) of `values` (N, K) in each run."""
        numbers = np.array([number for number, _ in self.key])
        return np.stack([values[numbers == number].mean(axis=0) for number in np.unique(numbers)])

    def take(self, places: Sequence[int], values: NDArray[np.float64]) -> Rows:
        """Return some rows, with other values."""
        return Rows(key=[self.key[i] for i in places], identity=self.identity[list(places)], values=values)


def label(transfer: str) -> str:
    """Return a transfer's name for people.

    >>> label("few"), label("market-zero-shot")
    ('few identities', 'market, zero-shot')
    """
    mode = transfer.removeprefix(set_of(transfer)).removeprefix("-")
    return TRANSFERS.get(transfer, f"{set_of(transfer)}, {mode}" if mode else transfer)


def set_of(transfer: str) -> str:
    """Return the set that a transfer is on.

    >>> set_of("market-zero-shot"), set_of("viper"), set_of("frozen")
    ('market', 'viper', 'frozen')
    """
    return transfer.removesuffix("-zero-shot").removesuffix("-frozen")


def paired(a: Rows, b: Rows) -> Rows | None:
    """Return A minus B for the queries of runs that both have."""
    place = {key: i for i, key in enumerate(b.key)}
    mine = [i for i, key in enumerate(a.key) if key in place]
    if not mine:
        return None
    theirs = [place[a.key[i]] for i in mine]
    return a.take(mine, a.values[mine] - b.values[theirs])


def summarise(rows: Rows, *, a: str, b: str, transfer: str) -> Difference:
    """Return a difference from its rows."""
    change = rows.values[:, :1]
    ends = identity_intervals(change, rows.identity, draws=DRAWS, seed=SEED)
    p = p_values(change, rows.identity, draws=9999, seed=SEED)
    by_run = rows.by_run(change)[:, 0]
    mean = float(change.mean())
    return Difference(
        a=a,
        b=b,
        transfer=transfer,
        mean=mean,
        interval=[mean, mean] if ends is None else ends[:, 0].tolist(),
        p_people=1.0 if p is None else float(p[0]),
        by_run=by_run.tolist(),
        p_seeds=paired_t(by_run),
        seeds_interval=t_interval(by_run),
    )


def pooled(pairs: Sequence[Rows]) -> Rows:
    """Return rows of several differences as one: the mean over them."""
    return Rows(
        key=[key for rows in pairs for key in rows.key],
        identity=np.concatenate([rows.identity for rows in pairs]),
        values=np.concatenate([rows.values for rows in pairs]),
    )


def paired_t(differences: NDArray[np.float64]) -> float | None:
    """Return two-sided p of Student's paired t-test; None with one difference, 1 where all are 0."""
    from scipy.stats import t

    count = len(differences)
    if count < 2:
        return None
    spread = float(np.std(differences, ddof=1)) / np.sqrt(count)
    if spread == 0:
        return 0.0 if differences[0] else 1.0
    return float(2 * t.sf(abs(float(np.mean(differences))) / spread, count - 1))


def t_interval(differences: NDArray[np.float64]) -> list[float] | None:
    """Return 95 % interval of the mean over runs by Student's t; None with one run."""
    from scipy.stats import t

    count = len(differences)
    if count < 2:
        return None
    reach = float(t.ppf(0.975, count - 1) * np.std(differences, ddof=1) / np.sqrt(count))
    mean = float(np.mean(differences))
    return [mean - reach, mean + reach]


def named(values: NDArray[np.float64]) -> dict[str, float]:
    """Return the values by measure."""
    return {measure: float(value) for measure, value in zip(MEASURES, values, strict=True)}
