"""Pairs of a query and a gallery image, judged on one scale for all queries.

Of pairs of two people, which are many, only the nearest are ever held.

Q queries, G gallery images.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from ..features import DISTRACTOR
from ..pairing import Integers, Pairing
from ..progress import Progress
from .scan import LOWEST, Batch, Marked, Tile, scan_pairs
from .space import Space


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
        return np.concatenate(self._matching_of_each())

    def match_distances(self) -> list[NDArray[np.float64]]:
        """Returns the distances (M,) of each scored query to its matches."""
        return [self.space.distances(nearness, 0.0) for nearness in self._matching_of_each()]

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
            shift = batch.above - self.space.offsets(self.space.points(batch.query))

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

    def others_within(self, distance: float, progress: Progress | None = None) -> Integers:
        """Returns the numbers of the pairs of two people that are nearer than this distance."""
        found = []
        for batch in scan_pairs(
            self.space, self.query, self.gallery, doing="judging pairs", progress=progress
        ):
            near = _PairsWithin(batch, distance, Marked(self.same_person[batch.rows]))
            batch.visit(near.take)
            found.append(near.numbers())
        return np.concatenate(found)

    def _matching_of_each(self) -> list[NDArray[np.float64]]:
        return [
            self._exact(row, match) for row, match in zip(self.pairing.query, self.pairing.match, strict=True)
        ]

    def _exact(self, row: int, position: Integers) -> NDArray[np.float64]:
        point = self.space.points(np.array([row]))
        found = self.space.nearness(point, self.space.points(self.gallery[position]))
        nearness: NDArray[np.float64] = found[0] - self.space.offsets(point)[0]
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


class _PairsWithin:
    """Collects the pairs of a batch that are nearer than a distance."""

    def __init__(self, batch: Batch, distance: float, left_out: Marked) -> None:
        self.batch, self.distance, self._left_out = batch, distance, left_out
        self._offset = batch.space.offsets(batch.space.points(batch.query))
        self._least = batch.space.nearness_at(distance, self._offset) - batch.above
        self._found: list[tuple[Integers, Integers]] = []

    def take(self, tile: Tile) -> None:
        """Takes in the pairs of a tile that may be near enough."""
        self._left_out.leave_out(tile)
        row, column = np.nonzero(tile.estimate >= (self._least[tile.queries] - tile.tolerance)[:, None])
        self._found.append((row + tile.queries.start, column + tile.images.start))

    def numbers(self) -> Integers:
        """Returns the numbers of the pairs that are, in ascending order."""
        query, position = map(np.concatenate, zip(*self._found, strict=True))
        distance = self.batch.space.distances(
            self.batch.exact_in_threads(query, position), self._offset[query]
        )
        number = (query + self.batch.rows.start) * len(self.batch.gallery) + position
        return np.sort(number[distance < self.distance])
