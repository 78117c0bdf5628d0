"""Is this the same person? True positives at a false positive rate, over all pairs.

Each query is compared with each gallery image, and one threshold decides for all of them. Pairs
are judged in blocks; only the nearest pairs of different people, of which the lowest rates
speak, are kept.

Q queries, G gallery images, D width of a feature.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import InputError
from ..features import FeatureTable
from ..pairing import pair
from ..progress import Progress
from ..protocol import Protocol
from .expansion import prepared
from .judged_pairs import JudgedPairs
from .space import Space

RATES = (1e-4, 1e-3, 1e-2)
QUERY_ROWS = 1024
"""Queries held at a time."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OperatingPoint:
    """What one threshold lets through."""

    false_positive_rate: float
    """At most this share of the pairs of different people is taken for one person."""
    true_positive_rate: float | None
    """Share of the matching pairs that is; None where there are too few other pairs for this rate."""
    threshold: float | None
    """Pairs nearer than this distance are taken for one person (cosine: 1 - cosine)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenSet:
    """Points of the ROC curve."""

    matching_pairs: int
    other_pairs: int
    points: list[OperatingPoint]

    def to_json(self) -> dict[str, Any]:
        """Returns the points under the names of docs/formats.md."""
        return {
            "matching_pairs": self.matching_pairs,
            "other_pairs": self.other_pairs,
            "roc": [
                {"fpr": p.false_positive_rate, "tpr": p.true_positive_rate, "threshold": p.threshold}
                for p in self.points
            ],
        }


def open_set(
    table: FeatureTable,
    protocol: Protocol | None = None,
    *,
    rates: Sequence[float] = RATES,
    query_rows: int = QUERY_ROWS,
    gallery_rows: int | None = None,
    progress: Progress | None = None,
) -> OpenSet:
    """Returns the true positive rates at these false positive rates.

    Matching pairs are those that `protocol` scores. Other pairs are all of two people, also of
    queries whose person is not in the gallery; junk and pairs with a distractor query are left
    out. Exact: pairs closer than rounding can tell are decided in double precision. Keeps about
    twice the highest rate x Q x G pairs of 12 bytes. Raises `InputError` for rates outside (0, 1)
    and for protocols that re-rank or draw.

    >>> table = FeatureTable.of(
    ...     [[1, 0], [2, 0.1], [0, 1]], identity=[1, 1, 2], camera=[1, 2, 2], split=[0, 1, 1])
    >>> open_set(table, rates=[0.5]).points[0].true_positive_rate is None  # one other pair is too few
    True
    """
    protocol = protocol or Protocol()
    if protocol.rerank or protocol.draws:
        raise InputError("rates over all pairs need a protocol without re-ranking and without draws")
    for rate in rates:
        if not 0 < rate < 1:
            raise InputError(f"a false positive rate lies between 0 and 1, not at {rate}")
    table = prepared(table, protocol)
    pairing = pair(table, protocol)
    pairs = JudgedPairs(Space(table, protocol.distance), pairing)
    allowed = {rate: int(rate * pairs.others) for rate in rates}
    kept = pairs.nearest_others(max(allowed.values(), default=0) + 1, query_rows, gallery_rows, progress)
    matching = np.sort(pairs.matching())
    points = []
    for rate in rates:
        if allowed[rate] < 1:
            points.append(OperatingPoint(false_positive_rate=rate, true_positive_rate=None, threshold=None))
            continue
        nearness, query, gallery, _ = pairs.other_at(kept, allowed[rate])
        beyond = len(matching) - int(np.searchsorted(matching, nearness, "right"))
        points.append(
            OperatingPoint(
                false_positive_rate=rate,
                true_positive_rate=beyond / len(matching),
                threshold=distance_between(table, query, gallery, protocol),
            )
        )
    return OpenSet(matching_pairs=len(matching), other_pairs=pairs.others, points=points)


def distance_between(table: FeatureTable, row: int, other: int, protocol: Protocol) -> float:
    """Returns the distance of two rows of the table, in double precision: Euclidean, or 1 - cosine."""
    a, b = (table.features[i].astype(np.float64) for i in (row, other))
    if protocol.distance == "euclidean":
        return float(np.sqrt(np.square(a - b).sum()))
    return float(1 - (a @ b) / np.sqrt(np.square(a).sum() * np.square(b).sum()))
