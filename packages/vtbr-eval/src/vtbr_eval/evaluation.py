"""From a feature table to scores."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .bootstrap import identity_intervals
from .errors import InputError
from .features import FeatureTable
from .measures import average_precision, found_within, inverse_negative_penalty
from .pairing import Integers, Pairing, Reason, pair
from .protocol import Protocol
from .ranking import Progress, match_ranks, ranks_in_row
from .rerank import reranked
from .space import Space

RANKS = (1, 5, 10)
DRAWS = 1000
"""Of the bootstrap: enough for two digits of an interval's ends."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Scores:
    """Scores of all queries and of each; Q scored queries in the table's order."""

    protocol: Protocol
    table: FeatureTable
    pairing: Pairing
    ranks: list[Integers]
    """For each query the ranks of its matches, from 1, ascending."""
    average_precision: NDArray[np.float64]
    """(Q,), in (0, 1]"""
    inverse_negative_penalty: NDArray[np.float64]
    """(Q,), in (0, 1]"""
    first_rank: Integers
    """(Q,), from 1"""
    interval: dict[str, tuple[float, float]]
    """95 % intervals of mAP, mINP and rank-1; empty when none were drawn."""

    @property
    def identity(self) -> Integers:
        """(Q,) who each query shows."""
        return self.table.identity[self.pairing.query]

    def measures(self, ranks: Sequence[int] = RANKS) -> dict[str, float]:
        """mAP, mINP and the CMC curve at `ranks`, as fractions."""
        cmc = {f"rank-{rank}": float(found_within(self.first_rank, rank).mean()) for rank in ranks}
        return {
            "mAP": float(self.average_precision.mean()),
            "mINP": float(self.inverse_negative_penalty.mean()),
            **cmc,
        }

    def to_json(self, ranks: Sequence[int] = RANKS) -> dict[str, Any]:
        """The scores as docs/formats.md has them."""
        reasons = list(self.pairing.dropped.values())
        return {
            "format": "vtbr.scores",
            "version": 1,
            **self.measures(ranks),
            "interval": {measure: list(ends) for measure, ends in self.interval.items()},
            "protocol": self.protocol.to_json(),
            "counts": self.pairing.counts,
            "dropped": {reason.value: reasons.count(reason) for reason in Reason},
            "input": {"name": self.table.name, "fingerprint": self.table.fingerprint},
        }

    def per_query(self) -> Iterator[dict[str, Any]]:
        """One object a scored query: its scores and the ranks of its matches."""
        for i, row in enumerate(self.pairing.query.tolist()):
            yield {
                **_who(self.table, row),
                "AP": float(self.average_precision[i]),
                "INP": float(self.inverse_negative_penalty[i]),
                "ranks": self.ranks[i].tolist(),
            }

    def dropped(self) -> Iterator[dict[str, Any]]:
        """One object a query that could not be scored, with the reason."""
        for row, reason in self.pairing.dropped.items():
            yield {**_who(self.table, row), "reason": reason.value}


def evaluate(
    table: FeatureTable,
    protocol: Protocol | None = None,
    *,
    bootstrap: int = DRAWS,
    seed: int = 0,
    progress: Progress | None = None,
) -> Scores:
    """Rank the gallery for each query of `table` and score the ranks.

    `bootstrap` is the number of draws for the intervals (0: none), `seed` theirs. Raises
    `InputError` when nothing can be scored.

    >>> table = FeatureTable.of(
    ...     [[1, 0], [2, 0.1], [0, 1]], identity=[1, 1, 2], camera=[1, 2, 2], split=[0, 1, 1])
    >>> evaluate(table).measures()
    {'mAP': 1.0, 'mINP': 1.0, 'rank-1': 1.0, 'rank-5': 1.0, 'rank-10': 1.0}
    """
    protocol = protocol or Protocol()
    if bootstrap < 0:
        raise InputError(f"bootstrap takes a number of draws from 0 (no interval) up, not {bootstrap}")
    pairing = pair(table, protocol)
    ranks = _ranks(Space(table, protocol.distance), pairing, protocol, progress)
    precision = np.array([average_precision(r) for r in ranks])
    penalty = np.array([inverse_negative_penalty(r) for r in ranks])
    first = np.array([r[0] for r in ranks])
    values = np.stack([precision, penalty, found_within(first, 1)], axis=1)
    ends = identity_intervals(values, table.identity[pairing.query], draws=bootstrap, seed=seed)
    interval = (
        {} if ends is None else dict(zip(("mAP", "mINP", "rank-1"), map(tuple, ends.T.tolist()), strict=True))
    )
    return Scores(
        protocol=protocol,
        table=table,
        pairing=pairing,
        ranks=ranks,
        average_precision=precision,
        inverse_negative_penalty=penalty,
        first_rank=first,
        interval=interval,
    )


def _ranks(space: Space, pairing: Pairing, protocol: Protocol, progress: Progress | None) -> list[Integers]:
    if protocol.rerank is None:
        return match_ranks(space, pairing, progress=progress)
    everyone = np.concatenate([pairing.probe, pairing.gallery])
    distances = reranked(space.points(everyone).vector, len(pairing.probe), protocol.rerank, progress)
    is_scored = np.isin(pairing.probe, pairing.query)
    rows = (distance for distance, scored in zip(distances, is_scored, strict=True) if scored)
    return [
        ranks_in_row(distance, match, left_out)
        for distance, match, left_out in zip(rows, pairing.match, pairing.left_out, strict=True)
    ]


def _who(table: FeatureTable, row: int) -> dict[str, Any]:
    return {
        "path": table.path[row],
        "identity": int(table.identity[row]),
        "camera": int(table.camera[row]),
    }
