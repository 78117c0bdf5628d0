"""Scores of all queries and of each, their means, spreads and intervals.

Q scored queries in the table's order, R test sets (1 unless the protocol draws them), K measures.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .features import FeatureTable
from .measures import found_within, precision_at
from .pairing import Integers, Pairing, Reason
from .protocol import Protocol
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
            for measure, values in self.terms(ranks, precision).items()
        }

    @property
    def interval(self) -> dict[str, tuple[float, float]]:
        """95 % intervals of mAP, mINP, rank-1, rank-5 and rank-10; empty when none are drawn."""
        return self.intervals()

    def intervals(
        self, ranks: Sequence[int] = RANKS, precision: Sequence[int] = ()
    ) -> dict[str, tuple[float, float]]:
        """Returns 95 % intervals of each measure over people; empty without draws and with one person."""
        terms = self.terms(ranks, precision)
        values, identity, weight = self._with_missed(np.stack(list(terms.values()), axis=1))
        ends = score_intervals(values, identity, draws=self.bootstrap, seed=self.seed, weight=weight)
        return {} if ends is None else dict(zip(terms, map(tuple, ends.T.tolist()), strict=True))

    def difference_intervals(
        self, change: NDArray[np.float64], *, draws: int, seed: int
    ) -> NDArray[np.float64] | None:
        """Returns 95 % intervals (2, K) over people of the means of paired differences (Q, K), or None."""
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

    def terms(
        self, ranks: Sequence[int] = RANKS, precision: Sequence[int] = ()
    ) -> dict[str, NDArray[np.float64]]:
        """Returns what each measure averages, of each query (Q,)."""
        terms = {"mAP": self.average_precision, "mINP": self.inverse_negative_penalty}
        terms |= {f"rank-{rank}": found_within(self.first_rank, rank) for rank in ranks}
        return terms | {f"precision-{depth}": precision_at(self.ranks, depth) for depth in precision}

    def _with_missed(
        self, values: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], Integers, NDArray[np.float64]]:
        """Returns values, identities and weights, with the queries that count as 0."""
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


def who(table: FeatureTable, row: int) -> dict[str, Any]:
    """Returns the image in this row, as output names it."""
    return {
        "path": table.path[row],
        "identity": int(table.identity[row]),
        "camera": int(table.camera[row]),
    }
