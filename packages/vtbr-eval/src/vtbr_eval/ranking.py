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

import numpy as np
from numpy.typing import NDArray

from .pairing import Integers, Pairing
from .screening import Block, Screen
from .space import Space
from .workers import chunks, in_chunks, make_pool

QUERY_ROWS = 4096
"""Queries held at a time; the gallery is made into points once for each such batch."""
GALLERY_BYTES, GALLERY_ROWS = 64 * 2**20, 2**14
"""What a block of the gallery takes at most, and how many images it holds at most."""
PRODUCT_ROWS = 2048
"""Queries in one product: a block of guesses takes at most 128 MiB. Of fewer it would be slower."""
CHUNK_NUMBERS = 2**18
"""Guesses counted by one thread at a time: 1 MiB, a core's cache."""
EXACT_ROWS = 256
"""Close pairs decided at a time, so that features that are all alike cost time but no memory."""

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

    Images left out take no rank. Uses (2 query_rows + gallery_rows) x D numbers of memory and one
    block of guesses besides the features.
    """
    screen = Screen(space, pairing.gallery)
    width = space.table.features.shape[1]
    query_rows = min(query_rows, len(pairing.query))
    rows = gallery_rows or max(1, min(GALLERY_BYTES // (4 * width), GALLERY_ROWS))
    rows = min(rows, len(pairing.gallery))
    parts = chunks(len(pairing.gallery), rows)
    vectors = np.empty((rows, width), np.float32)
    guesses = np.empty(min(query_rows, PRODUCT_ROWS) * rows, np.float32)
    ranks: list[Integers] = []
    with make_pool() as pool:
        for batch in chunks(len(pairing.query), query_rows):
            sought = _Sought(screen, pairing, batch, pool)
            for number, part in enumerate(parts, 1):
                block = screen.block(pairing.gallery[part], vectors[: part.stop - part.start], pool)
                sought.count(block, part, guesses, pool)
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

    def count(self, block: Block, part: slice, guesses: NDArray[np.float32], pool: Executor) -> None:
        """Count in these gallery images; `guesses` is room for products with the queries."""
        margin = self.screen.tolerance(self.queries, block)
        wanted = self.wanted - np.repeat(self.queries.above, np.diff(self.first))
        # Below the first column: certainly farther. From the second on: certainly nearer.
        limit = np.stack([wanted - margin, wanted + margin], axis=1).astype(np.float32)
        limit = np.nextafter(limit, np.array([-np.inf, np.inf], np.float32))
        # Matches are compared among themselves in double precision, images left out not at all.
        is_here = (self.own_position >= part.start) & (self.own_position < part.stop)
        own_query, own_position = self.own_query[is_here], self.own_position[is_here] - part.start
        num_images = part.stop - part.start
        for rows in chunks(len(self.queries.vector), PRODUCT_ROWS):
            guess = guesses[: (rows.stop - rows.start) * num_images].reshape(-1, num_images)
            np.matmul(self.queries.vector[rows], block.vector.T, out=guess)
            own = slice(*np.searchsorted(own_query, (rows.start, rows.stop)))
            guess[own_query[own] - rows.start, own_position[own]] = -np.inf
            self._count_product(guess, rows.start, block, limit, part.start, pool)

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

    def _count_product(
        self,
        guess: NDArray[np.float32],
        first_query: int,
        block: Block,
        limit: NDArray[np.float32],
        start: int,
        pool: Executor,
    ) -> None:
        """Count for the queries from `first_query` on in the images from `start` on."""

        def count(rows: slice) -> None:
            mine = guess[rows]
            mine -= block.offset
            queries = range(first_query + rows.start, first_query + rows.stop)
            is_near = mine >= limit[self.first[queries.start : queries.stop], 0, None]
            undecided = []
            for query, row, mask in zip(queries, mine, is_near, strict=True):
                near = row[np.flatnonzero(mask)]
                if not near.size:
                    continue
                near.sort()
                place = slice(self.first[query], self.first[query + 1])
                below = near.searchsorted(limit[place])
                self.num_nearer[place] += near.size - below[:, 1]
                has_close = below[:, 1] > below[:, 0]
                if has_close.any():
                    undecided.append((query, self._set_aside(row, place, limit[place], has_close)))
            for query, close in undecided:
                self._decide(query, close, start, is_one_point=block.longest == 0)

        in_chunks(pool, count, len(guess), max(1, CHUNK_NUMBERS // len(block.offset)))

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


def _groups(space: Space, pairing: Pairing, batch: slice) -> Iterator[tuple[Integers, list[Integers]]]:
    """The queries of each person in the batch, with their matches."""
    identity = space.table.identity[pairing.query[batch]]
    order = np.argsort(identity, kind="stable")
    for members in np.split(order, np.flatnonzero(np.diff(identity[order])) + 1):
        yield members, [pairing.match[batch.start + i] for i in members]
