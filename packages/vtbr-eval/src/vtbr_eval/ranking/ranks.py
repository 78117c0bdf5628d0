"""The ranks of each query's correct matches, without a query x gallery matrix and without a full sort.

A block of float32 guesses of nearness comes from one matrix product; for each query what lies
clearly nearer than a match is counted. Pairs too close to call are decided in double precision,
ties by the position in the gallery. The ranks therefore depend neither on the size of the blocks
nor on the number of threads.

Q queries, G gallery images, M matches of one query, T matches of all queries, D width of a feature.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from queue import SimpleQueue
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from ..pairing import Integers, Pairing
from .screening import Block, Screen
from .space import Space
from .workers import chunks, in_chunks, make_pool, num_threads

QUERY_ROWS = 4096
"""Queries held at a time; the gallery is made into points once for each such batch."""
GALLERY_ROWS, GALLERY_BYTES = 8192, 16 * 2**20
"""What a block of the gallery holds and takes at most; while one is compared the next is made."""
GUESSES, ALL_GUESSES, PRODUCT_ROWS = 2**22, 2**24, (256, 2048)
"""How many guesses a thread holds (16 MiB), all together (64 MiB), and how many queries a product has.

Products of few queries are slower; of many they leave the threads uneven shares, and memory that
is touched for the first time is slower than what is done in it.
"""
CHUNK_NUMBERS = 2**20
"""Guesses counted at a time: 4 MiB."""
EXACT_ROWS = 128
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

    Images left out take no rank. Uses 2 (query_rows + gallery_rows) x D numbers of memory and
    `ALL_GUESSES` besides the features.
    """
    screen = Screen(space, pairing.gallery)
    width = space.table.features.shape[1] + 1
    query_rows = min(query_rows, len(pairing.query))
    rows = gallery_rows or min(GALLERY_ROWS, max(1, GALLERY_BYTES // (4 * width)))
    rows = min(rows, len(pairing.gallery), _room_size() // PRODUCT_ROWS[0])
    parts = chunks(len(pairing.gallery), rows)
    vectors = [np.empty((rows, width), np.float32) for _ in range(3)]
    rooms: Rooms = SimpleQueue()
    for _ in range(num_threads()):  # memory that is never written to is never taken
        rooms.put(np.empty(_room_size(), np.float32))
    ranks: list[Integers] = []
    with make_pool() as pool:
        for batch in chunks(len(pairing.query), query_rows):
            sought = _Sought(screen, pairing, batch, pool)
            counting: deque[list[Future[None]]] = deque()
            blocks = _blocks(screen, pairing.gallery, parts, vectors, pool)
            for number, (part, block) in enumerate(blocks, 1):
                counting.append(sought.count(block, part, rooms, pool))
                if len(counting) == len(vectors) - 1:
                    _wait(counting.popleft())
                if progress:
                    done = batch.start + (batch.stop - batch.start) * number // len(parts)
                    progress("ranking", done, len(pairing.query))
            while counting:
                _wait(counting.popleft())
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


def _blocks(
    screen: Screen,
    gallery: Integers,
    parts: list[slice],
    vectors: list[NDArray[np.float32]],
    pool: Executor,
) -> Iterator[tuple[slice, Block]]:
    """Each part of the gallery and its block, made behind the products of the block before the last.

    While the last one's products are computed, whoever asks can get ready for the next. A block stands
    in one of `vectors` until as many as these less one have been asked for after it.
    """
    begun: deque[tuple[slice, Callable[[], Block]]] = deque()
    for number, part in enumerate(parts):
        room = vectors[number % len(vectors)][: part.stop - part.start]
        begun.append((part, screen.block(gallery[part], room, pool)))
        if number:
            first, make = begun.popleft()
            yield first, make()
    for last, make in begun:
        yield last, make()


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
        self.num_nearer, self.lock = np.zeros(self.first[-1], np.int64), Lock()
        query, position = np.repeat(np.arange(len(matches)), np.diff(self.first)), np.concatenate(matches)
        wanted = self._wanted(screen.space.table.identity[pairing.query[batch]], query, position, pool)
        order = np.lexsort((-position, wanted, query))
        self.wanted, self.position = wanted[order], position[order]
        own = [np.concatenate(both) for both in zip(matches, left_out, strict=True)]
        self.own_query = np.repeat(np.arange(len(own)), list(map(len, own)))
        self.own_position = np.concatenate(own)

    def count(self, block: Block, part: slice, rooms: Rooms, pool: Executor) -> list[Future[None]]:
        """Begin to count in these gallery images; each product takes one of `rooms` and gives it back."""
        limit = self._limits(self.screen.tolerance(self.queries, block))
        # Matches are compared among themselves in double precision, images left out not at all.
        is_here = (self.own_position >= part.start) & (self.own_position < part.stop)
        own_query, own_position = self.own_query[is_here], self.own_position[is_here] - part.start
        num_images = part.stop - part.start
        size = _product_rows(len(self.queries.vector), num_images)

        def count_product(rows: slice) -> None:
            room = rooms.get()
            try:
                count_in(room, rows)
            finally:  # whoever waits for a room must not wait forever
                rooms.put(room)

        def count_in(room: NDArray[np.float32], rows: slice) -> None:
            guess = room[: (rows.stop - rows.start) * num_images].reshape(-1, num_images)
            self.screen.space.product(self.queries.vector[rows], block.vector, guess)
            own = slice(*np.searchsorted(own_query, (rows.start, rows.stop)))
            guess[own_query[own] - rows.start, own_position[own]] = -np.inf
            num_nearer = np.zeros(self.first[rows.stop] - self.first[rows.start], np.int64)
            for chunk in chunks(len(guess), max(1, CHUNK_NUMBERS // num_images)):
                first, last = self.first[rows.start + chunk.start], self.first[rows.start + chunk.stop]
                here = num_nearer[first - self.first[rows.start] : last - self.first[rows.start]]
                self._count_chunk(guess[chunk], rows.start + chunk.start, here, limit, block, part.start)
            with self.lock:  # the next block may be at the same queries
                self.num_nearer[self.first[rows.start] : self.first[rows.stop]] += num_nearer

        return [pool.submit(count_product, rows) for rows in chunks(len(self.queries.vector), size)]

    def ranks(self) -> list[Integers]:
        """For each query the ranks from 1, ascending."""
        ranks = []
        for first, last in zip(self.first, self.first[1:], strict=False):
            # The last match is the nearest, and each has all that follow before it.
            ranks.append(self.num_nearer[first:last][::-1] + np.arange(1, last - first + 1))
        return ranks

    def _wanted(
        self, identity: Integers, query: Integers, position: Integers, pool: Executor
    ) -> NDArray[np.float64]:
        """Exact nearness (T,) of queries to positions in the gallery.

        Queries of one person have most matches in common: each image becomes a point once for all of
        them, and many images at a time, for threads that stop every few microseconds slow each other.
        """
        person, place, members = _grouped(identity)
        images = len(self.gallery)
        key, image = np.unique(person[query] * images + position, return_inverse=True)
        person_of_image, row_of_image = key // images, self.gallery[key % images]
        start = np.cumsum([0, *np.array([len(rows) for rows in members])[person_of_image]])
        found = np.empty(start[-1])

        def find(part: slice) -> None:
            points, person = self.screen.space.points(row_of_image[part]).exact(), person_of_image[part]
            ends = [*(np.flatnonzero(np.diff(person)) + 1).tolist(), len(person)]
            own = [members[i] for i in person[[0, *ends[:-1]]]]
            queries = self.queries.points(np.concatenate(own)).exact().vector
            done = 0
            for begin, end, rows in zip([0, *ends], ends, own, strict=False):
                nearness = self.screen.space.nearness(queries[done : done + len(rows)], points[begin:end])
                found[start[part.start + begin] : start[part.start + end]] = nearness.T.reshape(-1)
                done += len(rows)

        in_chunks(pool, find, len(key), EXACT_ROWS)
        return found[start[image] + place[query]]

    def _limits(self, margin: float) -> NDArray[np.float32]:
        """Below the first of a match's limits (T, 2) is certainly farther, from the second on nearer."""
        wanted = self.wanted - np.repeat(self.queries.above, np.diff(self.first))
        limit = np.stack([wanted - margin, wanted + margin], axis=1).astype(np.float32)
        return np.nextafter(limit, np.array([-np.inf, np.inf], np.float32))

    def _count_chunk(
        self,
        guess: NDArray[np.float32],
        first: int,
        num_nearer: Integers,
        limit: NDArray[np.float32],
        block: Block,
        start: int,
    ) -> None:
        """Count for the n queries from `first` on in the images from `start` on, with guesses (n, G).

        Adds to `num_nearer`, a number for each of their matches.
        """
        num_queries, num_images = guess.shape
        starts = self.first[first : first + num_queries + 1]
        hit = np.flatnonzero(guess >= limit[starts[:-1], :1])
        if not hit.size:
            return
        # What is near any match of its query, all queries in one order: by query, then by guess.
        ends = hit.searchsorted(np.arange(1, num_queries + 1) * num_images)
        query_key, many = np.arange(num_queries) * KEY, np.diff(starts)
        key = _sortable(guess.reshape(-1)[hit]) + np.repeat(query_key, np.diff(ends, prepend=0))
        bound = _sortable(limit[starts[0] : starts[-1]]) + np.repeat(query_key, many)[:, None]
        order = np.sort(key)
        below = order.searchsorted(bound)
        num_nearer += np.repeat(ends, many) - below[:, 1]
        close = np.unique(order[_ranges(below[:, 0], below[:, 1])])
        if not close.size:
            return
        # Those too close to a match to call are no longer counted for any, but decided.
        is_close = close[np.minimum(close.searchsorted(key), close.size - 1)] == key
        query, position = np.divmod(hit[is_close], num_images)
        ends = query.searchsorted(np.arange(num_queries), "right")
        num_nearer -= np.repeat(ends, many) - np.sort(key[is_close]).searchsorted(bound[:, 1])
        for part in chunks(len(query), EXACT_ROWS):
            self._decide(query[part], position[part] + start, first, num_nearer, is_one=block.longest == 0)

    def _decide(
        self, query: Integers, position: Integers, first: int, num_nearer: Integers, *, is_one: bool
    ) -> None:
        """Count, exactly, pairs of queries, from `first` on, and images, which may all be one point."""
        pairs, pair = np.arange(len(query)), np.arange(len(query))
        if is_one:  # a query's nearness to any of them is the same
            _, pairs, pair = np.unique(query, return_index=True, return_inverse=True)
        points = self.screen.space.points(self.gallery[position[pairs]])
        queries = self.queries.points(first + query[pairs])
        nearness = self.screen.space.nearness_of_pairs(queries.vector, points)[pair]
        begin, end = self.first[first + query], self.first[first + query + 1]
        match = _ranges(begin, end)
        nearness, position = np.repeat(nearness, end - begin), np.repeat(position, end - begin)
        is_tie_before = (nearness == self.wanted[match]) & (position < self.position[match])
        is_nearer = (nearness > self.wanted[match]) | is_tie_before
        np.add.at(num_nearer, match - self.first[first], is_nearer)


def _wait(counting: list[Future[None]]) -> None:
    for counted in counting:
        counted.result()


def _room_size() -> int:
    return min(GUESSES, max(1, ALL_GUESSES // num_threads()))


def _product_rows(num_queries: int, num_images: int) -> int:
    """How many queries one product with these images has, so that all threads have as many products."""
    threads = num_threads()
    low, high = PRODUCT_ROWS
    most = min(max(_room_size() // num_images, low), high)
    return -(-num_queries // (threads * -(-num_queries // (threads * most))))


def _sortable(value: NDArray[np.float32]) -> NDArray[np.int64]:
    """Whole numbers between -KEY / 2 and KEY / 2 in the order of the values."""
    bits = (value + np.float32(0)).view(np.int32)  # which makes -0 a 0
    return (bits ^ ((bits >> 31) & 0x7FFFFFFF)).astype(np.int64)


def _grouped(identity: Integers) -> tuple[Integers, Integers, list[Integers]]:
    """Each query's person (Q,), its place (Q,) among that person's queries, and the queries of each."""
    order = np.argsort(identity, kind="stable")
    members = np.split(order, np.flatnonzero(np.diff(identity[order])) + 1)
    person, place = np.empty_like(order), np.empty_like(order)
    person[order] = np.repeat(np.arange(len(members)), list(map(len, members)))
    place[order] = np.concatenate([np.arange(len(rows)) for rows in members])
    return person, place, members


def _ranges(begin: Integers, end: Integers) -> Integers:
    """The whole numbers of all ranges, one after the other.

    >>> _ranges(np.array([0, 7]), np.array([2, 10])).tolist()
    [0, 1, 7, 8, 9]
    """
    size = end - begin
    ranges: Integers = np.arange(size.sum()) + np.repeat(begin - (np.cumsum(size) - size), size)
    return ranges
