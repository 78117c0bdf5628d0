"""Is this the same person? True positives at a false positive rate, over all pairs.

Each query is compared with each gallery image, and one threshold decides for all of them. Pairs
are judged in blocks; only the nearest pairs of different people, of which the lowest rates
speak, are kept.

Q queries, G gallery images, D width of a feature.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..features import FeatureTable
from ..multi_query import merged_queries
from ..pairing import DISTRACTOR, Integers, Pairing, pair
from ..protocol import Protocol
from .expansion import expanded
from .guesses import GALLERY_ROWS, QUERY_ROWS, guessed, tolerance
from .ranks import Progress
from .space import Points, Space

RATES = (1e-4, 1e-3, 1e-2)


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
        """The points under the names of docs/formats.md."""
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
    gallery_rows: int = GALLERY_ROWS,
    progress: Progress | None = None,
) -> OpenSet:
    """The true positive rates at these false positive rates.

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
    table = expanded(merged_queries(table, protocol), protocol)
    pairing = pair(table, protocol)
    pairs = _Pairs(Space(table, protocol.distance), pairing)
    allowed = {rate: int(rate * pairs.others) for rate in rates}
    kept = pairs.nearest_others(max(allowed.values(), default=0) + 1, query_rows, gallery_rows, progress)
    matching = np.sort(pairs.matching())
    points = []
    for rate in rates:
        if allowed[rate] < 1:
            points.append(OperatingPoint(false_positive_rate=rate, true_positive_rate=None, threshold=None))
            continue
        nearness, query, gallery = pairs.other_at(kept, allowed[rate])
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
    """The distance of two rows of the table, in double precision: Euclidean, or 1 - cosine."""
    a, b = (table.features[i].astype(np.float64) for i in (row, other))
    if protocol.distance == "euclidean":
        return float(np.sqrt(np.square(a - b).sum()))
    return float(1 - (a @ b) / np.sqrt(np.square(a).sum() * np.square(b).sum()))


@dataclass(frozen=True)
class _Kept:
    """Other pairs: float32 nearness (n,), falling, and the pair's number query x G + gallery (n,)."""

    nearness: NDArray[np.float32]
    pair: Integers


class _Pairs:
    """The pairs of a table, and their nearness on one scale for all queries."""

    def __init__(self, space: Space, pairing: Pairing) -> None:
        self.space = space
        self.pairing = pairing
        self.gallery = pairing.gallery
        identity = space.table.identity
        self.query = pairing.probe[identity[pairing.probe] != DISTRACTOR]
        by_identity = np.argsort(identity[self.gallery], kind="stable")
        people = identity[self.gallery][by_identity]
        first, last = (np.searchsorted(people, identity[self.query], side) for side in ("left", "right"))
        self.same_person = [by_identity[begin:end] for begin, end in zip(first, last, strict=True)]
        self.others = len(self.query) * len(self.gallery) - sum(map(len, self.same_person))
        self.margin = 2 * self._tolerance()

    def matching(self) -> NDArray[np.float64]:
        """The nearness of all matching pairs."""
        found = [
            self._exact(row, match) for row, match in zip(self.pairing.query, self.pairing.match, strict=True)
        ]
        return np.concatenate(found)

    def nearest_others(
        self, count: int, query_rows: int, gallery_rows: int, progress: Progress | None
    ) -> _Kept:
        """At least the `count` nearest pairs of two people, and all that rounding might put there."""
        kept = _Kept(np.zeros(0, np.float32), np.zeros(0, np.int64))
        lowest = -np.inf
        for nearness, begin, start in self._blocks(query_rows, gallery_rows):
            i, j = np.nonzero(nearness > lowest)
            kept = _Kept(
                np.concatenate([kept.nearness, nearness[i, j]]),
                np.concatenate([kept.pair, (i + begin) * len(self.gallery) + j + start]),
            )
            if len(kept.pair) > 2 * count:
                least = np.partition(kept.nearness, len(kept.pair) - count)[len(kept.pair) - count]
                lowest = float(least) - self.margin
                stays = kept.nearness > lowest
                kept = _Kept(kept.nearness[stays], kept.pair[stays])
            if progress:
                progress("judging pairs", begin + len(nearness), len(self.query))
        order = np.argsort(-kept.nearness, kind="stable")
        return _Kept(kept.nearness[order], kept.pair[order])

    def other_at(self, kept: _Kept, place: int) -> tuple[float, int, int]:
        """The exact nearness of the other pair at this place (from 0), and its two rows."""
        about = float(kept.nearness[place])
        above = int(np.searchsorted(-kept.nearness, -(about + self.margin), "left"))
        below = int(np.searchsorted(-kept.nearness, -(about - self.margin), "right"))
        query, gallery = np.divmod(kept.pair[above:below], len(self.gallery))
        exact = np.empty(len(query))
        order = np.argsort(query, kind="stable")
        for members in np.split(order, np.flatnonzero(np.diff(query[order])) + 1):
            exact[members] = self._exact(self.query[query[members[0]]], gallery[members])
        chosen = np.lexsort((kept.pair[above:below], -exact))[place - above]
        return float(exact[chosen]), int(self.query[query[chosen]]), int(self.gallery[gallery[chosen]])

    def _blocks(self, query_rows: int, gallery_rows: int) -> Iterator[tuple[NDArray[np.float32], int, int]]:
        """Nearness of blocks of pairs, -infinity where both show one person, and where they begin."""
        for begin in range(0, len(self.query), query_rows):
            queries = self.space.points(self.query[begin : begin + query_rows])
            same = self.same_person[begin : begin + query_rows]
            row = np.repeat(np.arange(len(same)), [len(positions) for positions in same])
            position = np.concatenate(same)
            by_position = np.argsort(position, kind="stable")
            row, position = row[by_position], position[by_position]
            for start, _, nearness in guessed(self.space, queries, self.gallery, gallery_rows):
                nearness -= queries.offset.astype(np.float32)[:, None]
                first, last = np.searchsorted(position, [start, start + gallery_rows])
                nearness[row[first:last], position[first:last] - start] = -np.inf
                yield nearness, begin, start

    def _exact(self, row: int, position: Integers) -> NDArray[np.float64]:
        point = self.space.points(np.array([row]))
        found = self.space.nearness(point.vector, self.space.points(self.gallery[position]))
        nearness: NDArray[np.float64] = found[0] - point.offset[0]
        return nearness

    def _tolerance(self) -> float:
        """How far a float32 nearness of any pair may lie from the true one."""
        longest, offset = 0.0, 0.0
        for rows in (self.query, self.gallery):
            for start in range(0, len(rows), GALLERY_ROWS):
                points = self.space.points(rows[start : start + GALLERY_ROWS])
                longest = max(longest, points.longest)
                offset = max(offset, float(points.offset.max()))
        width = self.space.table.features.shape[1]
        extreme = Points(np.empty((0, width), np.float32), np.array([2 * offset]), longest)
        return 2 * tolerance(extreme, extreme)
