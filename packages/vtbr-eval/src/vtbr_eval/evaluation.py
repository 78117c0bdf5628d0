"""From a feature table to scores."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import InputError
from .features import DISTRACTOR, GALLERY, JUNK, FeatureTable
from .input_warnings import input_warnings
from .measures import average_precision, found_within, inverse_negative_penalty, precision_at
from .multi_query import merged_queries
from .pairing import Integers, Pairing, Reason, pair
from .progress import Progress
from .protocol import Protocol
from .random_test_sets import drawn_people, parts
from .ranking import CPU, Space, Taken, expanded, match_ranks, ranks_in_row, taken_from_reranked
from .statistics import difference_intervals, score_intervals

Nearest = tuple[Integers, NDArray[np.float64]]
"""Positions in the gallery, nearest first, and their distances."""
RANKS = (1, 5, 10)
DRAWS = 1000
"""Of the bootstrap: enough for two digits of an interval's ends."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Scores:
    """Scores of all queries and of each; Q scored queries in the table's order.

    Under a protocol with draws the queries of all R test sets follow one another, else R is 1.
    """

    protocol: Protocol
    table: FeatureTable
    pairing: Pairing
    """Under draws also the gallery images that were not drawn are not compared."""
    ranks: list[Integers]
    """For each query the ranks of its matches, from 1, ascending."""
    average_precision: NDArray[np.float64]
    """(Q,), in (0, 1]"""
    inverse_negative_penalty: NDArray[np.float64]
    """(Q,), in (0, 1]"""
    first_rank: Integers
    """(Q,), from 1"""
    repeat: Integers
    """(Q,) the test set of each query, from 0."""
    missed: tuple[Integers, Integers]
    """Identities and test sets of the queries that count as 0: none unless means run over all."""
    bootstrap: int = DRAWS
    """Samples of people that are drawn for intervals; 0: there are none."""
    seed: int = 0
    """Of these."""
    warnings: tuple[str, ...] = ()
    """What about the input makes scores read differently from what people expect."""
    top: int = 0
    nearest: list[Nearest] = field(default_factory=list)
    """Under re-ranking, each query's `top` first images."""

    @property
    def identity(self) -> Integers:
        """(Q,) who each query shows."""
        return self.table.identity[self.pairing.query]

    @property
    def weight(self) -> NDArray[np.float64]:
        """(Q,) how much each query counts: in smaller test sets more, else 1."""
        return self._weight(self.repeat)

    def measures(self, ranks: Sequence[int] = RANKS, precision: Sequence[int] = ()) -> dict[str, float]:
        """Returns mAP, mINP, the CMC curve at `ranks` and the precision at depths `precision`, as fractions."""
        return {measure: float(values.mean()) for measure, values in self.by_repeat(ranks, precision).items()}

    def spread(self, ranks: Sequence[int] = RANKS, precision: Sequence[int] = ()) -> dict[str, float]:
        """Returns the standard deviation of each measure over the test sets; empty unless there are several."""
        values = self.by_repeat(ranks, precision)
        several = len(values["mAP"]) > 1
        return {measure: float(v.std(ddof=1)) for measure, v in values.items()} if several else {}

    def by_repeat(
        self, ranks: Sequence[int] = RANKS, precision: Sequence[int] = ()
    ) -> dict[str, NDArray[np.float64]]:
        """Returns each measure in each test set (R,)."""
        counted = self._counted()
        return {
            measure: np.bincount(self.repeat, values, len(counted)) / counted
            for measure, values in self._terms(ranks, precision).items()
        }

    @property
    def interval(self) -> dict[str, tuple[float, float]]:
        """95 % intervals of mAP, mINP, rank-1, rank-5 and rank-10; empty when none are drawn."""
        return self.intervals()

    def intervals(
        self, ranks: Sequence[int] = RANKS, precision: Sequence[int] = ()
    ) -> dict[str, tuple[float, float]]:
        """95 % intervals of each measure over people; empty without draws and with one person."""
        terms = self._terms(ranks, precision)
        values, identity, weight = self._with_missed(np.stack(list(terms.values()), axis=1))
        ends = score_intervals(values, identity, draws=self.bootstrap, seed=self.seed, weight=weight)
        return {} if ends is None else dict(zip(terms, map(tuple, ends.T.tolist()), strict=True))

    def difference_intervals(
        self, change: NDArray[np.float64], *, draws: int, seed: int
    ) -> NDArray[np.float64] | None:
        """95 % intervals (2, K) over people of the means of paired differences (Q, K), or None."""
        values, identity, weight = self._with_missed(change)
        return difference_intervals(values, identity, draws=draws, seed=seed, weight=weight)

    def to_json(self, ranks: Sequence[int] = RANKS, precision: Sequence[int] = ()) -> dict[str, Any]:
        """Returns the scores as docs/formats.md has them."""
        reasons = list(self.pairing.dropped.values())
        spread = self.spread(ranks, precision)
        by_repeat = {measure: v.tolist() for measure, v in self.by_repeat(ranks, precision).items()}
        return {
            "format": "vtbr.scores",
            "version": 1,
            **self.measures(ranks, precision),
            "interval": {measure: list(ends) for measure, ends in self.intervals(ranks, precision).items()},
            **({"spread": spread, "by_repeat": by_repeat} if self.protocol.draws else {}),
            "protocol": self.protocol.to_json(),
            "counts": self.pairing.counts,
            "dropped": {reason.value: reasons.count(reason) for reason in Reason},
            "warnings": list(self.warnings),
            "input": {"name": self.table.name, "fingerprint": self.table.fingerprint},
        }

    def per_query(self) -> Iterator[dict[str, Any]]:
        """Yields one object a scored query: its scores and the ranks of its matches."""
        for i, row in enumerate(self.pairing.query.tolist()):
            yield {
                **who(self.table, row),
                **({"repeat": int(self.repeat[i])} if self.protocol.draws else {}),
                "AP": float(self.average_precision[i]),
                "INP": float(self.inverse_negative_penalty[i]),
                "ranks": self.ranks[i].tolist(),
            }

    def dropped(self) -> Iterator[dict[str, Any]]:
        """Yields one object a query that could not be scored, with the reason."""
        for row, reason in self.pairing.dropped.items():
            yield {**who(self.table, row), "reason": reason.value}

    def _terms(self, ranks: Sequence[int], precision: Sequence[int]) -> dict[str, NDArray[np.float64]]:
        """Returns what each measure averages, of each query (Q,)."""
        terms = {"mAP": self.average_precision, "mINP": self.inverse_negative_penalty}
        terms |= {f"rank-{rank}": found_within(self.first_rank, rank) for rank in ranks}
        return terms | {f"precision-{depth}": precision_at(self.ranks, depth) for depth in precision}

    def _with_missed(
        self, values: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], Integers, NDArray[np.float64]]:
        """Values, identities and weights, with the queries that count as 0."""
        identity, repeat = self.missed
        return (
            np.concatenate([values, np.zeros((len(identity), values.shape[1]))]),
            np.concatenate([self.identity, identity]),
            self._weight(np.concatenate([self.repeat, repeat])),
        )

    def _weight(self, repeat: Integers) -> NDArray[np.float64]:
        counted = self._counted()
        weight: NDArray[np.float64] = counted.max() / counted[repeat]
        return weight

    def _counted(self) -> NDArray[np.float64]:
        """Returns how many queries the means of each test set run over (R,)."""
        return np.bincount(np.concatenate([self.repeat, self.missed[1]])).astype(np.float64)


def evaluate(
    table: FeatureTable,
    protocol: Protocol | None = None,
    *,
    bootstrap: int = DRAWS,
    seed: int = 0,
    top: int = 0,
    device: str = CPU,
    progress: Progress | None = None,
) -> Scores:
    """Ranks the gallery for each query of `table` and scores the ranks.

    `bootstrap` is the number of samples of people for the intervals (0: none), `seed` theirs. Under
    re-ranking `top` images of each query are kept for `ranked_lists`, which else re-ranks again.
    `device` computes matrix products (`product.product_on`) and changes no score. Raises
    `InputError` when nothing can be scored.

    >>> table = FeatureTable.of(
    ...     [[1, 0], [2, 0.1], [0, 1]], identity=[1, 1, 2], camera=[1, 2, 2], split=[0, 1, 1])
    >>> evaluate(table).measures()
    {'mAP': 1.0, 'mINP': 1.0, 'rank-1': 1.0, 'rank-5': 1.0, 'rank-10': 1.0}
    """
    protocol = protocol or Protocol()
    if bootstrap < 0:
        raise InputError(f"bootstrap takes a number of draws from 0 (no interval) up, not {bootstrap}")
    if top < 0:
        raise InputError(f"a ranked list holds 1 image or more, not {top}")
    warnings = input_warnings(table, protocol)
    table = expanded(merged_queries(table, protocol), protocol)
    pairing = pair(table, protocol)
    space = Space(table, protocol.distance, device)
    nearest: list[Nearest] = []
    if protocol.draws:
        pairing, ranks, repeat = _drawn_ranks(space, pairing, protocol, progress)
    else:
        ranks = ranks_of(space, pairing, protocol, progress, top=top, nearest=nearest)
        repeat = np.zeros(len(pairing.query), np.int64)
    return Scores(
        protocol=protocol,
        table=table,
        pairing=pairing,
        ranks=ranks,
        average_precision=average_precision(ranks, protocol.average_precision),
        inverse_negative_penalty=inverse_negative_penalty(ranks),
        first_rank=np.array([r[0] for r in ranks]),
        repeat=repeat,
        missed=_missed(table, pairing, protocol),
        bootstrap=bootstrap,
        seed=seed,
        warnings=warnings,
        top=top if nearest else 0,
        nearest=nearest,
    )


def ranks_of(
    space: Space,
    pairing: Pairing,
    protocol: Protocol,
    progress: Progress | None = None,
    *,
    top: int = 0,
    nearest: list[Nearest] | None = None,
) -> list[Integers]:
    """Returns for each query of `pairing` the ranks of its matches, from 1, ascending.

    Under re-ranking each query's `top` first images are appended to `nearest`, if there is one.
    """
    if protocol.rerank is None:
        return match_ranks(space, pairing, progress=progress)

    def both(i: int, distance: NDArray[np.float64]) -> tuple[Integers, Nearest | None]:
        ranks = ranks_in_row(distance, pairing.match[i], pairing.left_out[i])
        return ranks, first_of_row(distance, pairing.left_out[i], top) if top else None

    found = list(of_reranked(space, pairing, protocol, both, progress))
    if nearest is not None:
        nearest.extend(first for _, first in found if first)
    return [ranks for ranks, _ in found]


def first_of_row(distance: NDArray[np.float64], left_out: Integers, top: int) -> Nearest:
    """Returns the `top` nearest of one query's row of distances (G,), equal ones by position."""
    compared = distance.copy()
    compared[left_out] = np.inf
    count = min(top, len(distance) - len(left_out))
    if not count:
        return np.zeros(0, np.int64), np.zeros(0)
    limit = np.partition(compared, count - 1)[count - 1]
    near = np.flatnonzero(compared <= limit)
    position = near[np.argsort(compared[near], kind="stable")[:count]]
    return position, distance[position]


def of_reranked(
    space: Space,
    pairing: Pairing,
    protocol: Protocol,
    take: Callable[[int, NDArray[np.float64]], Taken],
    progress: Progress | None = None,
) -> Iterator[Taken]:
    """Yields what `take` makes of each scored query's number and re-ranked distances to the gallery (G,)."""
    assert protocol.rerank is not None
    gallery = pairing.gallery
    if protocol.rerank.junk_takes_part:
        table = space.table
        gallery = np.union1d(gallery, np.flatnonzero((table.split == GALLERY) & (table.identity == JUNK)))
    place = np.searchsorted(gallery, pairing.gallery)

    def take_compared(i: int, distance: NDArray[np.float64]) -> Taken:
        return take(i, distance[place] if len(place) < len(gallery) else distance)

    everyone = np.concatenate([pairing.probe, gallery])
    vectors, scored = space.points(everyone).vector, np.flatnonzero(np.isin(pairing.probe, pairing.query))
    return taken_from_reranked(
        vectors, len(pairing.probe), protocol.rerank, scored, take_compared, space.product, progress
    )


def who(table: FeatureTable, row: int) -> dict[str, Any]:
    """Returns the image in this row, as output names it."""
    return {
        "path": table.path[row],
        "identity": int(table.identity[row]),
        "camera": int(table.camera[row]),
    }


def _drawn_ranks(
    space: Space, pairing: Pairing, protocol: Protocol, progress: Progress | None
) -> tuple[Pairing, list[Integers], Integers]:
    """Returns the queries of all test sets, their ranks and their test sets."""
    assert protocol.draws is not None
    found: list[tuple[int, int, Integers, Integers]] = []
    for part in parts(space.table, pairing, protocol):
        ranks = ranks_of(space, part.pairing, protocol)
        for i, match, rank in zip(part.index.tolist(), part.pairing.match, ranks, strict=True):
            found.append((part.repeat, i, part.position[match], rank))
        if progress:
            progress("drawing test sets", part.repeat + 1, protocol.draws.repeats)
    if len({repeat for repeat, *_ in found}) < protocol.draws.repeats:
        raise InputError(
            f"{space.table.name}: a test set was drawn in which no query has a correct match: "
            "there are too few people for this protocol"
        )
    found.sort(key=lambda item: item[:2])
    index = np.array([i for _, i, _, _ in found])
    drawn = replace(
        pairing,
        query=pairing.query[index],
        match=[match for _, _, match, _ in found],
        left_out=[pairing.left_out[i] for i in index],
    )
    return drawn, [rank for *_, rank in found], np.array([repeat for repeat, *_ in found])


def _missed(table: FeatureTable, pairing: Pairing, protocol: Protocol) -> tuple[Integers, Integers]:
    none = np.zeros(0, np.int64)
    identity = table.identity[np.array(list(pairing.dropped), np.int64)]
    if protocol.cmc_over == "valid" or not identity.size:
        return none, none
    if not protocol.draws:
        return identity, np.zeros(len(identity), np.int64)
    sets = drawn_people(table, protocol.draws)
    missed = [identity[np.isin(identity, tested) | (identity <= DISTRACTOR)] for tested in sets]
    return np.concatenate(missed), np.repeat(np.arange(len(sets)), [len(m) for m in missed])
