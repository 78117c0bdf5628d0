"""The ranks of each query's correct matches, without a query x gallery matrix and without a full sort.

For each query the images that are certainly nearer than a match are counted from estimates
(scan.py); pairs too close to call are decided in double precision, ties by the position in the
gallery.

Q queries, G gallery images, M matches of one query, T matches of all queries of a batch, n queries
and m images of a tile, D width of a feature.
"""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from ..pairing import Integers, Pairing
from ..progress import Progress
from .scan import EXACT_ROWS, QUERY_ROWS, Batch, Marked, Tile, scan_pairs
from .space import Space
from .workers import chunks, in_chunks

KEY = 2**32
"""What lies between the keys of equal estimates of two queries."""


def match_ranks(
    space: Space,
    pairing: Pairing,
    *,
    query_rows: int = QUERY_ROWS,
    gallery_rows: int | None = None,
    progress: Progress | None = None,
) -> list[Integers]:
    """Returns for each scored query the ranks (M,) of its matches from 1, ascending.

    Images left out take no rank. For memory see `scan_pairs`.
    """
    ranks: list[Integers] = []
    batches = scan_pairs(
        space,
        pairing.query,
        pairing.gallery,
        doing="ranking",
        query_rows=query_rows,
        gallery_rows=gallery_rows,
        progress=progress,
    )
    for batch in batches:
        counter = MatchCounter(batch, pairing)
        batch.visit(counter.count)
        ranks += counter.ranks()
    return ranks


def ranks_in_row(distance: NDArray[np.floating], match: Integers, left_out: Integers) -> Integers:
    """Returns the ranks (M,) from 1 of `match` in one query's row of distances (G,), ascending.

    >>> ranks_in_row(np.array([0.1, 0.2, 0.2, 0.3]), np.array([2]), np.array([0])).tolist()
    [2]
    """
    wanted = distance[match]
    is_near = distance <= wanted.max()
    is_near[left_out] = False
    near = np.flatnonzero(is_near)
    value = distance[near]
    order = np.sort(value)
    first, last = np.searchsorted(order, wanted, "left"), np.searchsorted(order, wanted, "right")
    ranks = first + 1
    for tied in np.flatnonzero(last - first > 1):
        ranks[tied] += np.count_nonzero((value == wanted[tied]) & (near < match[tied]))
    return np.sort(ranks)


class MatchCounter:
    """Counts, for each match of a batch of queries, how many other images lie nearer.

    A query's matches are stored together, from the farthest to the nearest: those of query i at
    `first[i]` to `first[i + 1]`.
    """

    def __init__(self, batch: Batch, pairing: Pairing) -> None:
        self.batch = batch
        matches, left_out = pairing.match[batch.rows], pairing.left_out[batch.rows]
        self.first = np.cumsum([0, *map(len, matches)])
        self.num_nearer, self.lock = np.zeros(self.first[-1], np.int64), Lock()
        query, position = np.repeat(np.arange(len(matches)), np.diff(self.first)), np.concatenate(matches)
        wanted = _wanted(batch, query, position)
        order = np.lexsort((-position, wanted, query))
        self.wanted, self.position = wanted[order], position[order]
        # Matches are compared among themselves in double precision, images left out not at all.
        self.own = Marked([np.concatenate(both) for both in zip(matches, left_out, strict=True)])

    def count(self, tile: Tile) -> None:
        """Counts the images of a tile; many threads may do so at a time."""
        self.own.leave_out(tile)
        matches = slice(self.first[tile.queries.start], self.first[tile.queries.stop])
        many = np.diff(self.first[tile.queries.start : tile.queries.stop + 1])
        limit = self._limits(tile, self.wanted[matches], many)
        hit = np.flatnonzero(tile.estimate >= limit[self.first[tile.queries] - matches.start, :1])
        if not hit.size:
            return
        near = _Near.of(tile.estimate, hit, limit, many)
        num_nearer, is_close = near.count_certain()
        if is_close.any():
            query, position = np.divmod(hit[is_close], tile.estimate.shape[1])
            for part in chunks(len(query), EXACT_ROWS):
                self._decide(tile, query[part], position[part] + tile.images.start, num_nearer)
        with self.lock:
            self.num_nearer[matches] += num_nearer

    def ranks(self) -> list[Integers]:
        """Returns for each query the ranks from 1, ascending."""
        ranks = []
        for first, last in zip(self.first, self.first[1:], strict=False):
            # The last match is the nearest, and each has all that follow before it.
            ranks.append(self.num_nearer[first:last][::-1] + np.arange(1, last - first + 1))
        return ranks

    def _limits(self, tile: Tile, wanted: NDArray[np.float64], many: Integers) -> NDArray[np.float32]:
        """Returns limits (t, 2): certainly farther below the first, certainly nearer from the second on."""
        wanted = wanted - np.repeat(self.batch.above[tile.queries], many)
        limit = np.stack([wanted - tile.tolerance, wanted + tile.tolerance], axis=1).astype(np.float32)
        return np.nextafter(limit, np.array([-np.inf, np.inf], np.float32))

    def _decide(self, tile: Tile, query: Integers, position: Integers, num_nearer: Integers) -> None:
        """Counts, exactly, pairs of a tile's query and a gallery image."""
        query = query + tile.queries.start
        pairs, pair = np.arange(len(query)), np.arange(len(query))
        if tile.is_one_point:  # a query's nearness to any of them is the same
            _, pairs, pair = np.unique(query, return_index=True, return_inverse=True)
        nearness = self.batch.exact(query[pairs], position[pairs])[pair]
        begin, end = self.first[query], self.first[query + 1]
        match = _ranges(begin, end)
        nearness, position = np.repeat(nearness, end - begin), np.repeat(position, end - begin)
        is_tie_before = (nearness == self.wanted[match]) & (position < self.position[match])
        is_nearer = (nearness > self.wanted[match]) | is_tie_before
        np.add.at(num_nearer, match - self.first[tile.queries.start], is_nearer)


@dataclass(frozen=True)
class _Near:
    """The images of a tile that are near any match of their query, all queries in one order.

    A key orders by query, then by estimate; h images, t matches.
    """

    key: Integers
    """(h,)"""
    end: Integers
    """(n,) how many images the queries up to each one have."""
    bound: Integers
    """(t, 2) the keys of the matches' limits."""
    many: Integers
    """(n,) matches of each query."""

    @classmethod
    def of(
        cls, estimate: NDArray[np.float32], hit: Integers, limit: NDArray[np.float32], many: Integers
    ) -> _Near:
        """Makes keys of the estimates at the flat positions `hit`, ascending."""
        num_queries, num_images = estimate.shape
        end = hit.searchsorted(np.arange(1, num_queries + 1) * num_images)
        query_key = np.arange(num_queries) * KEY
        key = _sortable(estimate.reshape(-1)[hit]) + np.repeat(query_key, np.diff(end, prepend=0))
        return cls(key, end, _sortable(limit) + np.repeat(query_key, many)[:, None], many)

    def count_certain(self) -> tuple[Integers, NDArray[np.bool_]]:
        """Returns for each match (t,) how many images are certainly nearer, and which are too close to one.

        Those too close to one match of a query (h,) are counted for none of its matches.
        """
        order = np.sort(self.key)
        below = order.searchsorted(self.bound)
        num_nearer = np.repeat(self.end, self.many) - below[:, 1]
        close = np.unique(order[_ranges(below[:, 0], below[:, 1])])
        if not close.size:
            return num_nearer, np.zeros(len(self.key), bool)
        is_close = close[np.minimum(close.searchsorted(self.key), close.size - 1)] == self.key
        end = np.cumsum(is_close)[self.end - 1] * (self.end > 0)
        num_nearer -= np.repeat(end, self.many) - np.sort(self.key[is_close]).searchsorted(self.bound[:, 1])
        return num_nearer, is_close


def _wanted(batch: Batch, query: Integers, position: Integers) -> NDArray[np.float64]:
    """Returns the exact nearness (T,) of queries of the batch to their matches' positions in the gallery.

    Queries of one person have most matches in common: each image becomes a point once for all of
    them, and many images at a time, for threads that stop every few microseconds slow each other.
    """
    person, place, members = _grouped(batch.space.table.identity[batch.query])
    images = len(batch.gallery)
    key, image = np.unique(person[query] * images + position, return_inverse=True)
    person_of_image, row_of_image = key // images, batch.gallery[key % images]
    start = np.cumsum([0, *np.array([len(rows) for rows in members])[person_of_image]])
    found = np.empty(start[-1])

    def find(part: slice) -> None:
        points, person = batch.space.points(row_of_image[part]), person_of_image[part]
        ends = [*(np.flatnonzero(np.diff(person)) + 1).tolist(), len(person)]
        own = [members[i] for i in person[[0, *ends[:-1]]]]
        queries = batch.queries.points(np.concatenate(own))
        done = 0
        for begin, end, rows in zip([0, *ends], ends, own, strict=False):
            nearness = batch.space.nearness(queries[done : done + len(rows)], points[begin:end])
            found[start[part.start + begin] : start[part.start + end]] = nearness.T.reshape(-1)
            done += len(rows)

    in_chunks(batch.pool, find, len(key), EXACT_ROWS)
    return found[start[image] + place[query]]


def _sortable(value: NDArray[np.float32]) -> NDArray[np.int64]:
    """Returns whole numbers between -KEY / 2 and KEY / 2 in the order of the values."""
    bits = (value + np.float32(0)).view(np.int32)  # which makes -0 a 0
    return (bits ^ ((bits >> 31) & 0x7FFFFFFF)).astype(np.int64)


def _grouped(identity: Integers) -> tuple[Integers, Integers, list[Integers]]:
    """Returns each query's person (Q,), its place (Q,) among that person's queries, and the queries of each."""
    order = np.argsort(identity, kind="stable")
    members = np.split(order, np.flatnonzero(np.diff(identity[order])) + 1)
    person, place = np.empty_like(order), np.empty_like(order)
    person[order] = np.repeat(np.arange(len(members)), list(map(len, members)))
    place[order] = np.concatenate([np.arange(len(rows)) for rows in members])
    return person, place, members


def _ranges(begin: Integers, end: Integers) -> Integers:
    """Returns the whole numbers of all ranges, one after the other.

    >>> _ranges(np.array([0, 7]), np.array([2, 10])).tolist()
    [0, 1, 7, 8, 9]
    """
    size = end - begin
    ranges: Integers = np.arange(size.sum()) + np.repeat(begin - (np.cumsum(size) - size), size)
    return ranges
