"""The nearest gallery images of each query, exactly: candidates by estimate, order by double precision.

Q queries, K images listed, n queries and m images of a tile.
"""

from __future__ import annotations

from collections.abc import Iterator
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from ..pairing import Integers, Pairing
from ..progress import Progress
from .scan import LOWEST, Batch, Marked, Tile, scan_pairs
from .space import Space

QUERY_ROWS = 1024
"""Queries held at a time, with the candidates of each."""
SPARE = 3
"""Candidates are first thinned out when there are this many times the wanted number."""


def nearest_images(
    space: Space,
    pairing: Pairing,
    top: int,
    *,
    query_rows: int = QUERY_ROWS,
    gallery_rows: int | None = None,
    progress: Progress | None = None,
) -> Iterator[Integers]:
    """Yields for each scored query the gallery positions (at most top,) of its nearest images, in order.

    Exact and independent of the blocks; equally near images are ordered by position. Images left
    out do not appear.
    """
    batches = scan_pairs(
        space,
        pairing.query,
        pairing.gallery,
        doing="listing",
        query_rows=query_rows,
        gallery_rows=gallery_rows,
        progress=progress,
    )
    for batch in batches:
        lists = NearestLists(batch, top, Marked(pairing.left_out[batch.rows]))
        batch.visit(lists.take)
        yield from (position for position, _ in lists.decided())


class NearestLists:
    """Collects the `count` nearest images of each query, and all that rounding might put among them."""

    def __init__(self, batch: Batch, count: int, left_out: Marked | None = None) -> None:
        self.batch, self.count, self._left_out = batch, count, left_out
        self._least = np.full(len(batch), LOWEST, np.float64)
        """(n,) at least `count` images have an estimate from here up."""
        self._tolerance = 0.0
        self._found: list[tuple[Integers, Integers, NDArray[np.float32]]] = []
        self._size, self._lock = 0, Lock()
        self._most = SPARE * count * len(batch)

    def take(self, tile: Tile) -> None:
        """Takes in a tile's images; those with an estimate of -infinity never enter."""
        if self._left_out:
            self._left_out.leave_out(tile)
        estimate = tile.estimate
        num_images = estimate.shape[1]
        with self._lock:
            self._tolerance = max(self._tolerance, tile.tolerance)
            least, margin = self._least[tile.queries], self._tolerance + tile.tolerance
        if num_images > self.count and (least <= LOWEST).any():
            own = np.partition(estimate, num_images - self.count, axis=1)[:, num_images - self.count]
            least = np.maximum(least, own)
        limit = np.nextafter((least - margin).astype(np.float32), np.float32(-np.inf))
        row, column = np.divmod(np.flatnonzero(estimate >= limit[:, None]), num_images)
        value = estimate[row, column]
        with self._lock:
            np.maximum(self._least[tile.queries], least, out=self._least[tile.queries])
            self._found.append((row + tile.queries.start, column + tile.images.start, value))
            self._size += len(row)
            if self._size > self._most:
                self._thin_out()
                self._most = max(self._most, 2 * self._size)  # images that are all alike stay

    def decided(self) -> Iterator[tuple[Integers, NDArray[np.float64]]]:
        """Yields for each query the positions (at most count,) of its nearest images and their nearness."""
        self._thin_out()
        query, position, _ = self._found[0]
        nearness = self.batch.exact_in_threads(query, position)
        order = np.lexsort((position, -nearness, query))
        position, nearness = position[order], nearness[order]
        first = np.searchsorted(query, np.arange(len(self.batch) + 1))
        for begin, end in zip(first, np.minimum(first[1:], first[:-1] + self.count), strict=False):
            yield position[begin:end], nearness[begin:end]

    def _thin_out(self) -> None:
        """Drops what is certainly not among the nearest; the rest is ordered by query."""
        none = np.zeros(0, np.int64)
        found = [(none, none, np.zeros(0, np.float32)), *self._found]
        query, position, value = map(np.concatenate, zip(*found, strict=True))
        order = np.lexsort((-value, query))
        query, position, value = query[order], position[order], value[order]
        first = np.searchsorted(query, np.arange(len(self.batch) + 1))
        has_enough = np.flatnonzero(np.diff(first) >= self.count)
        last = value[first[has_enough] + self.count - 1]
        self._least[has_enough] = np.maximum(self._least[has_enough], last)
        stays = value >= self._least[query] - 2 * self._tolerance
        self._found = [(query[stays], position[stays], value[stays])]
        self._size = int(stays.sum())
