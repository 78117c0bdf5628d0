"""One pass over all pairs of a query and a gallery image: estimates, their rounding bound, exact decisions.

The pairs come in tiles of float32 estimates from one matrix product each, never all at once. An
estimate lies within the tile's `tolerance` of true nearness; what that leaves open is decided in
double precision by `Batch.exact`. Results therefore depend neither on the size of the tiles nor on
the number of threads.

Q queries, G gallery images, n queries and m images of a tile, D width of a feature.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from queue import SimpleQueue

import numpy as np
from numpy.typing import NDArray

from ..pairing import Integers
from ..progress import Progress
from .screening import Block, Queries, Screen
from .space import Space
from .workers import chunks, in_chunks, make_pool, num_threads

QUERY_ROWS = 4096
"""Queries held at a time; the gallery is made into points once for each such batch."""
GALLERY_ROWS, GALLERY_BYTES = 8192, 16 * 2**20
"""What a block of the gallery holds and takes at most; while one is compared the next is made."""
ESTIMATES, ALL_ESTIMATES, PRODUCT_ROWS = 2**22, 2**24, (256, 2048)
"""How many estimates a thread holds (16 MiB), all together (64 MiB), and how many queries a product has.

Products of few queries are slower; of many they leave the threads uneven shares, and memory that
is touched for the first time is slower than what is done in it.
"""
TILE_NUMBERS = 2**20
"""Estimates looked at together: 4 MiB."""
EXACT_ROWS = 128
"""Pairs decided at a time, so that features that are all alike cost time but no memory."""

LOWEST = -1e30
"""Below every estimate: the space's vectors hold no number above 1."""

Buffers = SimpleQueue[NDArray[np.float32]]
"""Memory for the estimates of each thread."""


@dataclass(frozen=True)
class Tile:
    """Estimates of nearness (n, m) of some queries of a batch to some gallery images."""

    estimate: NDArray[np.float32]
    """Valid until the consumer returns; the consumer may change it."""
    queries: slice
    """Positions in the batch."""
    images: slice
    """Positions in the gallery."""
    tolerance: float
    """True nearness is `estimate` plus the query's `Batch.above`, give or take this."""
    is_one_point: bool
    """Whether all the images are equal."""


class Batch:
    """Queries that go through the gallery together; `rows` are their positions among all queries."""

    def __init__(
        self,
        screen: Screen,
        query: Integers,
        gallery: Integers,
        rows: slice,
        go: Callable[[Queries, Callable[[Tile], None], slice], None],
        pool: Executor,
    ) -> None:
        self.space, self.gallery, self.rows, self.pool = screen.space, gallery, rows, pool
        self._go = go
        self.query = query[rows]
        """(n,) their rows in the table."""
        self.queries = screen.queries(self.query, pool)

    def __len__(self) -> int:
        return len(self.query)

    @property
    def above(self) -> NDArray[np.float64]:
        """(n,) what a query's true nearness lies above its estimates."""
        return self.queries.above

    def visit(self, take: Callable[[Tile], None]) -> None:
        """Calls `take` with each tile of the batch, from several threads at a time."""
        self._go(self.queries, take, self.rows)

    def exact(self, query: Integers, position: Integers) -> NDArray[np.float64]:
        """Returns the nearness (k,) of pairs of a query (position in the batch) and a gallery image."""
        found = np.empty(len(query))

        def decide(part: slice) -> None:
            one, which = np.unique(query[part], return_inverse=True)
            points = self.space.points(self.gallery[position[part]])
            found[part] = self.space.nearness_of_pairs(self.queries.points(one)[which], points)

        for part in chunks(len(query), EXACT_ROWS):
            decide(part)
        return found

    def exact_in_threads(self, query: Integers, position: Integers) -> NDArray[np.float64]:
        """Returns what `exact` does; not to be called from within `visit`."""
        parts = in_chunks(
            self.pool, lambda part: self.exact(query[part], position[part]), len(query), EXACT_ROWS
        )
        return np.concatenate([np.zeros(0), *parts])


class Marked:
    """Pairs of a query and gallery images that a consumer treats apart, found again in each tile."""

    def __init__(self, positions: Sequence[Integers]) -> None:
        self.first = np.cumsum([0, *map(len, positions)])
        """The pairs of query i are `first[i]` to `first[i + 1]`."""
        self.query = np.repeat(np.arange(len(positions)), np.diff(self.first))
        self.position = np.concatenate([*positions, np.zeros(0, np.int64)])

    def in_tile(self, tile: Tile) -> tuple[Integers, Integers, Integers]:
        """Returns which pairs lie in the tile, and their rows and columns there."""
        begin, end = self.first[tile.queries.start], self.first[tile.queries.stop]
        position = self.position[begin:end]
        pair = begin + np.flatnonzero((position >= tile.images.start) & (position < tile.images.stop))
        return pair, self.query[pair] - tile.queries.start, self.position[pair] - tile.images.start

    def leave_out(self, tile: Tile) -> None:
        """Sets the estimates of these pairs to -infinity."""
        _, row, column = self.in_tile(tile)
        tile.estimate[row, column] = -np.inf


def scan_pairs(
    space: Space,
    query: Integers,
    gallery: Integers,
    *,
    doing: str,
    query_rows: int = QUERY_ROWS,
    gallery_rows: int | None = None,
    progress: Progress | None = None,
) -> Iterator[Batch]:
    """Yields the queries (rows of the table) in batches, each to be sent through the gallery once.

    Uses 2 (query_rows + gallery_rows) x D numbers of memory and `ALL_ESTIMATES` besides the
    features. `doing` is what progress is reported as.
    """
    screen = Screen(space, gallery)
    width = space.table.features.shape[1] + 1
    rows = gallery_rows or min(GALLERY_ROWS, max(1, GALLERY_BYTES // (4 * width)))
    rows = min(rows, len(gallery), _buffer_size() // PRODUCT_ROWS[0])
    vectors = [np.empty((rows, width), np.float32) for _ in range(3)]
    buffers: Buffers = SimpleQueue()
    for _ in range(num_threads()):  # memory that is never written to is never taken
        buffers.put(np.empty(_buffer_size(), np.float32))
    with make_pool() as pool:

        def go(queries: Queries, take: Callable[[Tile], None], batch: slice) -> None:
            parts, waiting = chunks(len(gallery), rows), deque[list[Future[None]]]()
            blocks = _blocks(screen, gallery, parts, vectors, pool)
            for number, (part, block) in enumerate(blocks, 1):
                waiting.append(_submit(screen, queries, part, block, take, buffers, pool))
                if len(waiting) == len(vectors) - 1:
                    _wait(waiting.popleft())
                if progress:
                    done = batch.start + (batch.stop - batch.start) * number // len(parts)
                    progress(doing, done, len(query))
            while waiting:
                _wait(waiting.popleft())

        for batch in chunks(len(query), max(1, min(query_rows, len(query)))):
            yield Batch(screen, query, gallery, batch, go, pool)


def _blocks(
    screen: Screen,
    gallery: Integers,
    parts: list[slice],
    vectors: list[NDArray[np.float32]],
    pool: Executor,
) -> Iterator[tuple[slice, Block]]:
    """Yields each part of the gallery with its block, made while the block before is compared.

    A block uses one of `vectors` until as many blocks less one have been asked for after it.
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


def _submit(
    screen: Screen,
    queries: Queries,
    images: slice,
    block: Block,
    take: Callable[[Tile], None],
    buffers: Buffers,
    pool: Executor,
) -> list[Future[None]]:
    """Begins the products of all queries with one block; each uses one of `buffers` and gives it back."""
    num_images = images.stop - images.start
    tolerance = screen.tolerance(queries, block)

    def multiply(rows: slice) -> None:
        buffer = buffers.get()
        try:
            estimate = buffer[: (rows.stop - rows.start) * num_images].reshape(-1, num_images)
            screen.space.product(queries.vector[rows], block.vector, estimate)
            for part in chunks(len(estimate), max(1, TILE_NUMBERS // num_images)):
                place = slice(rows.start + part.start, rows.start + part.stop)
                take(Tile(estimate[part], place, images, tolerance, block.longest == 0))
        finally:  # or the others would wait for it forever
            buffers.put(buffer)

    size = _product_rows(len(queries.vector), num_images)
    return [pool.submit(multiply, rows) for rows in chunks(len(queries.vector), size)]


def _wait(begun: list[Future[None]]) -> None:
    for future in begun:
        future.result()


def _buffer_size() -> int:
    return min(ESTIMATES, max(1, ALL_ESTIMATES // num_threads()))


def _product_rows(num_queries: int, num_images: int) -> int:
    """Returns how many queries one product with these images has: all threads get as many products."""
    threads = num_threads()
    low, high = PRODUCT_ROWS
    most = min(max(_buffer_size() // num_images, low), high)
    return -(-num_queries // (threads * -(-num_queries // (threads * most))))
