"""The ranks of each query's correct matches, without a query x gallery matrix and without a full sort.

A block of float32 guesses of nearness comes from one matrix product; for each query what lies
clearly nearer than a match is counted. Pairs too close to call are decided in double precision,
ties by the position in the gallery. The ranks therefore depend neither on the size of the blocks
nor on the number of threads.

Q queries, G gallery images, M matches of one query, T matches of all queries, D width of a feature.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from dataclasses import replace
from queue import SimpleQueue

import numpy as np
from numpy.typing import NDArray

from .pairing import Integers, Pairing
from .screening import Block, Screen
from .space import Space
from .workers import chunks, make_pool, num_threads

QUERY_ROWS = 4096
"""Queries held at a time; the gallery is made into points once for each such batch."""
GALLERY_BYTES = 64 * 2**20
"""What a block of the gallery takes at most."""
GUESSES, PRODUCT_ROWS = 2**24, (256, 2048)
"""How many guesses all threads together hold (64 MiB), and of how many queries a product has them.

Products of few queries are slower; of many they leave the threads uneven shares.
"""
CHUNK_NUMBERS = 2**18
"""Guesses counted at a time: 1 MiB, a core's cache."""
EXACT_ROWS = 256
"""Close pairs decided at a time, so that features that are all alike cost time but no memory."""
KEY = 2**32
"""What lies between the keys of equal guesses of two queries."""

Rooms = SimpleQueue[NDArray[np.float32]]
"""Memory for the guesses of each thread."""
Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""


def match_ranks(
    space: Space,
    pairing: Pairing,
    *,
    query_rows: int = QUERY_ROWS,
    gallery_rows: int | None = None,
    progress: Progress | None = None,
) -> list[Integers]:
    """For each scored query the ranks (M,) of its matches from 1, ascending.

    Images left out take no rank. Uses (2 query_rows + gallery_rows) x D numbers of memory and
    `GUESSES` besides the features.
    """
    screen = Screen(space, pairing.gallery)
    width = space.table.features.shape[1] + 1
    query_rows = min(query_rows, len(pairing.query))
    rows = gallery_rows or max(1, GALLERY_BYTES // (4 * width))
    rows = min(rows, len(pairing.gallery), GUESSES // (PRODUCT_ROWS[0] * num_threads()))
    parts = chunks(len(pairing.gallery), rows)
    vectors = np.empty((rows, width), np.float32)
    rooms: Rooms = SimpleQueue()
    for _ in range(num_threads()):  # memory that is never written to is never taken
        rooms.put(np.empty(GUESSES // num_threads(), np.float32))
    ranks: list[Integers] = []
    with make_pool() as pool:
        for batch in chunks(len(pairing.query), query_rows):
            sought = _Sought(screen, pairing, batch, pool)
            for number, part in enumerate(parts, 1):
                block = screen.block(pairing.gallery[part], vectors[: part.stop - part.start], pool)
                sought.count(block, part, rooms, pool)
                if progress:
                    done = batch.start + (batch.stop - batch.start) * number // len(parts)
                    progress("ranking", done, len(pairing.query))
            ranks += sought.ranks()
    return ranks


def ranks_in_row(distance: NDArray[np.floating], match: Integers, left_out: Integers) -> Integers:
    """The ranks (M,) from 1 of `match` in one query's row of distances (G,), ascending.

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


class _Sought:
    """The matches of a batch of queries, and how many other images lie nearer than each.

    A query's matches stand together, from the farthest to the nearest: those of query i at
    `first[i]` to `first[i + 1]`.
    """

    def __init__(self, screen: Screen, pairing: Pairing, batch: slice, pool: Executor) -> None:
        self.screen, self.gallery = screen, pairing.gallery
        self.queries = screen.queries(pairing.query[batch], pool)
        matches, left_out = pairing.match[batch], pairing.left_out[batch]
        self.first = np.cumsum([0, *map(len, matches)])
        self.wanted = np.empty(self.first[-1])
        self.position = np.empty(self.first[-1], np.int64)
        self.num_nearer = np.zeros(self.first[-1], np.int64)
        list(pool.map(self._find, *zip(*_groups(screen.space, pairing, batch), strict=True)))
        own = [np.concatenate(both) for both in zip(matches, left_out, strict=True)]
        self.own_query = np.repeat(np.arange(len(own)), list(map(len, own)))
        self.own_position = np.concatenate(own)

    def count(self, block: Block, part: slice, rooms: Rooms, pool: Executor) -> None:
        """Count in these gallery images; each product takes one of `rooms` and gives it back."""
        limit = self._limits(self.screen.tolerance(self.queries, block))
        # Matches are compared among themselves in double precision, images left out not at all.
        is_here = (self.own_position >= part.start) & (self.own_position < part.stop)
        own_query, own_position = self.own_query[is_here], self.own_position[is_here] - part.start
        num_images = part.stop - part.start
        size = _product_rows(len(self.queries.vector), num_images)

        def count_product(rows: slice) -> None:
            room = rooms.get()
            guess = room[: (rows.stop - rows.start) * num_images].reshape(-1, num_images)
            self.screen.space.product(self.queries.vector[rows], block.vector, guess)
            own = slice(*np.searchsorted(own_query, (rows.start, rows.stop)))
            guess[own_query[own] - rows.start, own_position[own]] = -np.inf
            for chunk in chunks(len(guess), max(1, CHUNK_NUMBERS // num_images)):
                self._count_chunk(guess[chunk], rows.start + chunk.start, limit, block, part.start)
            rooms.put(room)

        list(pool.map(count_product, chunks(len(self.queries.vector), size)))

    def ranks(self) -> list[Integers]:
        """For each query the ranks from 1, ascending."""
        ranks = []
        for first, last in zip(self.first, self.first[1:], strict=False):
            # The last match is the nearest, and each has all that follow before it.
            ranks.append(self.num_nearer[first:last][::-1] + np.arange(1, last - first + 1))
        return ranks

    def _find(self, members: Integers, matches: list[Integers]) -> None:
        """Exact nearness of the matches of some queries that have most of them in common."""
        shared = np.unique(np.concatenate(matches))
        value = np.empty((len(members), len(shared)))
        for part in chunks(len(shared), EXACT_ROWS):
            points = self.screen.space.points(self.gallery[shared[part]])
            points = replace(points, vector=points.vector.astype(np.float64))  # once for all queries
            for i, query in enumerate(members):
                value[i, part] = self.screen.space.nearness(self.queries.exact[query], points)
        for query, match, row in zip(members, matches, value, strict=True):
            wanted = row[np.searchsorted(shared, match)]
            order = np.lexsort((-match, wanted))
            place = slice(self.first[query], self.first[query + 1])
            self.wanted[place], self.position[place] = wanted[order], match[order]

    def _limits(self, margin: float) -> NDArray[np.float32]:
        """Below the first of a match's limits (T, 2) is certainly farther, from the second on nearer."""
        wanted = self.wanted - np.repeat(self.queries.above, np.diff(self.first))
        limit = np.stack([wanted - margin, wanted + margin], axis=1).astype(np.float32)
        return np.nextafter(limit, np.array([-np.inf, np.inf], np.float32))

    def _count_chunk(
        self, guess: NDArray[np.float32], first: int, limit: NDArray[np.float32], block: Block, start: int
    ) -> None:
        """Count for the n queries from `first` on in the images from `start` on, with guesses (n, G)."""
        starts = self.first[first : first + len(guess) + 1]
        hit = np.flatnonzero(guess >= limit[starts[:-1], :1])
        if not hit.size:
            return
        # What is near any match of its query, all queries in one order: by query, then by guess.
        near, ends = guess.reshape(-1)[hit], hit.searchsorted(np.arange(1, len(guess) + 1) * guess.shape[1])
        for begin, end in zip([0, *ends.tolist()], ends.tolist(), strict=False):
            near[begin:end].sort()
        query_key = np.arange(len(guess)) * KEY
        key = _sortable(near) + np.repeat(query_key, np.diff(ends, prepend=0))
        place, many = slice(starts[0], starts[-1]), np.diff(starts)
        below = key.searchsorted(_sortable(limit[place]) + np.repeat(query_key, many)[:, None])
        self.num_nearer[place] += np.repeat(ends, many) - below[:, 1]
        is_close = below[:, 1] > below[:, 0]
        for i in np.flatnonzero(np.logical_or.reduceat(is_close, starts[:-1] - starts[0])).tolist():
            own = slice(starts[i], starts[i + 1])
            close = self._set_aside(
                guess[i], own, limit[own], is_close[own.start - starts[0] : own.stop - starts[0]]
            )
            self._decide(first + i, close, start, is_one_point=block.longest == 0)

    def _set_aside(
        self,
        row: NDArray[np.float32],
        place: slice,
        limit: NDArray[np.float32],
        has_close: NDArray[np.bool_],
    ) -> Integers:
        """The images too close to a match to call; they are no longer counted for any."""
        low, high = limit[has_close].T
        close: Integers = np.flatnonzero((row >= low[0]) & (row < high[-1]))
        value = row[close]
        is_close = low.searchsorted(value, "right") > high.searchsorted(value, "right")
        close, value = close[is_close], np.sort(value[is_close])
        self.num_nearer[place] -= close.size - value.searchsorted(limit[:, 1])
        return close

    def _decide(self, query: int, close: Integers, start: int, *, is_one_point: bool) -> None:
        """Count, exactly, the images at these places behind `start`, which may all be equal."""
        place = slice(self.first[query], self.first[query + 1])
        wanted, wanted_position = self.wanted[place], self.position[place]
        for part in chunks(len(close), EXACT_ROWS):
            position = close[part] + start
            points = self.screen.space.points(self.gallery[position[:1] if is_one_point else position])
            nearness = self.screen.space.nearness(self.queries.exact[query], points)[:, None]
            is_tie_before = (nearness == wanted) & (position[:, None] < wanted_position)
            self.num_nearer[place] += ((nearness > wanted) | is_tie_before).sum(axis=0)


def _product_rows(num_queries: int, num_images: int) -> int:
    """How many queries one product with these images has, so that all threads have as many products."""
    threads = num_threads()
    low, high = PRODUCT_ROWS
    most = min(max(GUESSES // (threads * num_images), low), high)
    return -(-num_queries // (threads * -(-num_queries // (threads * most))))


def _sortable(value: NDArray[np.float32]) -> NDArray[np.int64]:
    """Whole numbers between -KEY / 2 and KEY / 2 in the order of the values."""
    bits = (value + np.float32(0)).view(np.int32)  # which makes -0 a 0
    return (bits ^ ((bits >> 31) & 0x7FFFFFFF)).astype(np.int64)


def _groups(space: Space, pairing: Pairing, batch: slice) -> Iterator[tuple[Integers, list[Integers]]]:
    """The queries of each person in the batch, with their matches."""
    identity = space.table.identity[pairing.query[batch]]
    order = np.argsort(identity, kind="stable")
    for members in np.split(order, np.flatnonzero(np.diff(identity[order])) + 1):
        yield members, [pairing.match[batch.start + i] for i in members]
