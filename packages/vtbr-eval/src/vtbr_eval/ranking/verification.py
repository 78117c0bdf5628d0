"""Is this the same person? True positives at a false positive rate, over all pairs.

Each query is compared with each gallery image, and one threshold decides for all of them. Pairs
are judged in blocks; only the nearest pairs of different people, of which the lowest rates
speak, are kept.

Q queries, G gallery images, D width of a feature.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..features import DISTRACTOR, FeatureTable
from ..multi_query import merged_queries
from ..pairing import Integers, Pairing, pair
from ..progress import Progress
from ..protocol import Protocol
from .expansion import expanded
from .scan import LOWEST, Marked, Tile, scan_pairs
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
    table = expanded(merged_queries(table, protocol), protocol)
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


@dataclass(frozen=True)
class KeptPairs:
    """Other pairs: nearness estimates (n,), falling, and the pair's number query x G + gallery (n,)."""

    nearness: NDArray[np.float64]
    pair: Integers

    def at_least(self, least: float) -> KeptPairs:
        """Returns those with an estimate from here up."""
        stays = self.nearness >= least
        return KeptPairs(self.nearness[stays], self.pair[stays])


class JudgedPairs:
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
        self.tolerance = 0.0
        """How far any estimate may lie from true nearness."""

    def matching(self) -> NDArray[np.float64]:
        """Returns the nearness of all matching pairs."""
        return np.concatenate(self.matching_of_each())

    def matching_of_each(self) -> list[NDArray[np.float64]]:
        """Returns the nearness (M,) of each scored query to its matches."""
        return [
            self._exact(row, match) for row, match in zip(self.pairing.query, self.pairing.match, strict=True)
        ]

    def nearest_others(
        self, count: int, query_rows: int, gallery_rows: int | None, progress: Progress | None
    ) -> KeptPairs:
        """Returns at least the `count` nearest pairs of two people, and all that rounding might put there."""
        kept = _NearestPairs(count, len(self.gallery))
        batches = scan_pairs(
            self.space,
            self.query,
            self.gallery,
            doing="judging pairs",
            query_rows=query_rows,
            gallery_rows=gallery_rows,
            progress=progress,
        )
        for batch in batches:
            same_person = Marked(self.same_person[batch.rows])
            # Compared across queries, nearness also counts how far the query itself lies from the origin.
            shift = batch.above - self.space.points(batch.query).offset

            batch.visit(partial(kept.take, batch.rows.start, shift, same_person))
        self.tolerance = kept.tolerance
        found = kept.thinned_out()
        order = np.argsort(-found.nearness, kind="stable")
        return KeptPairs(found.nearness[order], found.pair[order])

    def other_at(self, kept: KeptPairs, place: int) -> tuple[float, int, int, Integers]:
        """Returns the exact nearness of the other pair at this place (from 0), its two rows, and what is nearer.

        The nearer pairs (place,) are given by their numbers.
        """
        about, margin = float(kept.nearness[place]), 2 * self.tolerance
        above = int(np.searchsorted(-kept.nearness, -(about + margin), "left"))
        below = int(np.searchsorted(-kept.nearness, -(about - margin), "right"))
        query, gallery = np.divmod(kept.pair[above:below], len(self.gallery))
        exact = np.empty(len(query))
        order = np.argsort(query, kind="stable")
        for members in np.split(order, np.flatnonzero(np.diff(query[order])) + 1):
            exact[members] = self._exact(self.query[query[members[0]]], gallery[members])
        order = np.lexsort((kept.pair[above:below], -exact))
        chosen = order[place - above]
        nearer = np.concatenate([kept.pair[:above], kept.pair[above:below][order[: place - above]]])
        rows = int(self.query[query[chosen]]), int(self.gallery[gallery[chosen]])
        return float(exact[chosen]), *rows, nearer

    def _exact(self, row: int, position: Integers) -> NDArray[np.float64]:
        point = self.space.points(np.array([row]))
        found = self.space.nearness(point.vector, self.space.points(self.gallery[position]))
        nearness: NDArray[np.float64] = found[0] - point.offset[0]
        return nearness


class _NearestPairs:
    """Collects the `count` nearest pairs of all queries together."""

    def __init__(self, count: int, num_images: int) -> None:
        self.count, self.num_images = count, num_images
        self.tolerance = 0.0
        self._least = -np.inf
        """At least `count` pairs have an estimate from here up."""
        self._found: list[KeptPairs] = []
        self._size, self._most = 0, 2 * count
        self._lock = Lock()

    def take(self, first_query: int, shift: NDArray[np.float64], left_out: Marked, tile: Tile) -> None:
        """Takes in a tile of the batch of queries that begins with this one.

        `shift` is what the batch's queries' nearness lies above their estimates.
        """
        left_out.leave_out(tile)
        shift = shift[tile.queries]
        with self._lock:
            self.tolerance = max(self.tolerance, tile.tolerance)
            limit = self._least - (self.tolerance + tile.tolerance) - shift
        limit = np.nextafter(np.maximum(limit, LOWEST).astype(np.float32), np.float32(-np.inf))
        row, column = np.nonzero(tile.estimate >= limit[:, None])
        query = row + (first_query + tile.queries.start)
        pair = query * self.num_images + column + tile.images.start
        with self._lock:
            self._found.append(KeptPairs(tile.estimate[row, column] + shift[row], pair))
            self._size += len(row)
            if self._size > self._most:
                self.thinned_out()
                self._most = max(self._most, 2 * self._size)  # pairs that are all alike stay

    def thinned_out(self) -> KeptPairs:
        """Drops what is certainly not among the nearest; returns the rest, in no order."""
        kept = KeptPairs(
            np.concatenate([np.zeros(0), *(found.nearness for found in self._found)]),
            np.concatenate([np.zeros(0, np.int64), *(found.pair for found in self._found)]),
        )
        if len(kept.pair) > self.count:
            least = np.partition(kept.nearness, len(kept.pair) - self.count)[len(kept.pair) - self.count]
            self._least = max(self._least, float(least))
            kept = kept.at_least(self._least - 2 * self.tolerance)
        self._found, self._size = [kept], len(kept.pair)
        return kept
