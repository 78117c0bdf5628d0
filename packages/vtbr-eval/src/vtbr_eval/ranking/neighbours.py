"""Each image's nearest images, from one half of the symmetric table of distances.

The distance of i and j is that of j and i: a block of distances is offered to its rows and to
its columns, and no more than one block a thread is ever held. What is too close to call at a border that
matters is decided in double precision.

N images, K neighbours kept, D width of a feature.
"""

from __future__ import annotations

from concurrent.futures import Executor
from queue import SimpleQueue
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from ..progress import Progress
from .product import Product
from .workers import chunks, make_pool, num_threads

PANEL_ROWS = 2048
"""A block of distances takes 16 MiB; each thread has one."""
CHUNK_NUMBERS = 2**18
"""Distances looked through at a time."""
SPARE = 11
"""Images kept beyond the last neighbour, so that near ties there can be decided exactly."""
UNIT_ROUNDOFF = 2.0**-24
EMPTY = np.uint64(2**64 - 1)


def nearest(
    vectors: NDArray[np.float32],
    moved: NDArray[np.float32],
    borders: tuple[int, ...],
    product: Product,
    progress: Progress | None = None,
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Returns the nearest images (N, max(borders)) of each image, itself included, and its largest distance (N,).

    Distances are squared and Euclidean; `moved` are the vectors with their middle at the origin.
    For each border k the first k are exactly the k nearest, of equally distant ones those that
    stand first; only where more than `SPARE` images lie within float32 rounding of the last
    neighbour, rounding chooses among them.
    """
    num_images = len(vectors)
    borders = tuple(min(border, num_images) for border in borders)
    best = _Best(moved, product, min(max(borders) + SPARE, num_images))
    panels = chunks(num_images, PANEL_ROWS)
    # The panels' own blocks come first: they set limits that few other images pass.
    pairs = [(a, a) for a in panels] + [(a, b) for n, a in enumerate(panels) for b in panels[n + 1 :]]
    with make_pool() as pool:
        for number, _ in enumerate(pool.map(best.look_through, *zip(*pairs, strict=True)), 1):
            if progress:
                progress("finding neighbours", number, len(pairs))
        best.decide(vectors, borders, pool)
    return best.image()[:, : max(borders)], best.largest


class _Best:
    """The nearest images found so far, as sortable keys: the distance's bits, then the position."""

    def __init__(self, moved: NDArray[np.float32], product: Product, count: int) -> None:
        self.vectors, self.count, self._product = moved, count, product
        self.squared = np.einsum("nd,nd->n", moved, moved)
        self.key = np.full((len(moved), count), EMPTY)
        self.limit = np.full(len(moved), np.inf, np.float32)
        self.largest = np.zeros(len(moved), np.float32)
        rows = min(PANEL_ROWS, len(moved))
        self._locks = [Lock() for _ in chunks(len(moved), PANEL_ROWS)]
        self._buffers: SimpleQueue[NDArray[np.float32]] = SimpleQueue()
        for _ in range(num_threads()):
            self._buffers.put(np.empty(rows * rows, np.float32))

    def look_through(self, rows: slice, columns: slice) -> None:
        """Offers the images of two panels to each other; many threads may do so at a time."""
        buffer = self._buffers.get()
        shape = rows.stop - rows.start, columns.stop - columns.start
        distance = buffer[: shape[0] * shape[1]].reshape(shape)
        self._product(self.vectors[rows], self.vectors[columns], distance)
        for part in chunks(shape[0], max(1, CHUNK_NUMBERS // shape[1])):
            here = distance[part]
            place = slice(rows.start + part.start, rows.start + part.stop)
            here *= -2
            here += self.squared[place, None]
            here += self.squared[columns]
            np.maximum(here, 0, out=here)
            if rows == columns:
                here[np.arange(len(here)), np.arange(part.start, part.stop)] = 0
            self._offer(place, here, columns.start)
        if rows != columns:
            for part in chunks(shape[1], max(1, CHUNK_NUMBERS // shape[0])):
                place = slice(columns.start + part.start, columns.start + part.stop)
                self._offer(place, distance[:, part].T, rows.start)
        self._buffers.put(buffer)

    def decide(self, vectors: NDArray[np.float32], borders: tuple[int, ...], pool: Executor) -> None:
        """Puts in exact order the images of every row that has a near tie at a border."""
        distance = self._distance(self.key)
        # Twice what the product (4 sqrt(D), see screening.py) and the sums around it may be off.
        per_length = 2 * (8 * vectors.shape[1] ** 0.5 + 16) * UNIT_ROUNDOFF
        margin = per_length * self.squared.max(initial=0)
        inner = [border for border in borders if border < self.count]
        is_close = (distance[:, inner] - distance[:, [border - 1 for border in inner]] <= margin).any(axis=1)

        def sort(row: np.intp) -> None:
            image = np.sort(self.key[row] & np.uint64(2**32 - 1)).astype(np.int64)
            difference = vectors[image].astype(np.float64) - vectors[row]
            exact = np.square(difference, out=difference).sum(axis=1)
            self.key[row] = image[np.argsort(exact, kind="stable")]

        list(pool.map(sort, np.flatnonzero(is_close)))

    def image(self) -> NDArray[np.int64]:
        """Returns the images found (N, count), nearest first."""
        return (self.key & np.uint64(2**32 - 1)).astype(np.int64)

    def _offer(self, rows: slice, distance: NDArray[np.float32], first: int) -> None:
        """Keeps the nearest of what these images (n,) had and of those from `first` on: (n, m)."""
        num_rows, num_columns = distance.shape
        lock = self._locks[rows.start // PANEL_ROWS]
        largest = distance.max(axis=1)
        with lock:
            np.maximum(self.largest[rows], largest, out=self.largest[rows])
        # Another thread may lower the limit meanwhile: then some are offered in vain.
        limit = self.limit[rows]
        if np.isinf(limit[0]) and num_columns > self.count:
            limit = np.partition(distance, self.count - 1, axis=1)[:, self.count - 1]
        row, column = np.divmod(np.flatnonzero(distance <= limit[:, None]), num_columns)
        if not row.size:
            return
        bits = distance[row, column].view(np.uint32).astype(np.uint64)
        many = np.bincount(row, minlength=num_rows)
        slot = np.arange(len(row)) - np.repeat(many.cumsum() - many, many)
        room = np.full((num_rows, self.count + int(many.max())), EMPTY)
        room[row, self.count + slot] = bits << np.uint64(32) | (column + first).astype(np.uint64)
        with lock:
            room[:, : self.count] = self.key[rows]
            room.sort(axis=1)
            self.key[rows] = room[:, : self.count]
            last = self.key[rows, -1]
            self.limit[rows] = np.where(last == EMPTY, np.float32(np.inf), self._distance(last))

    @staticmethod
    def _distance(key: NDArray[np.uint64]) -> NDArray[np.float32]:
        return (key >> np.uint64(32)).astype(np.uint32).view(np.float32)
