"""Fast float32 estimates of nearness, and bounds of their error.

All images are moved so that the middle of the gallery lies at the origin. That changes no
order, and rounding errors then grow with the spread of the features instead of their length:
features that are all nearly alike are told apart as well as others.

n images, D width of a feature.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .space import CHUNK_NUMBERS, Points, Space
from .workers import begin_chunks, in_chunks

UNIT_ROUNDOFF, UNIT_ROUNDOFF_64 = 2.0**-24, 2.0**-53
SMALLEST_NORMAL = 2.0**-126
"""Of float32: below, products lose digits."""
SLACK = 1.001
"""More than float32 loses in a sum of squares."""
SAMPLED_ROWS = 1024
"""Enough for a middle; it need not be exact."""


@dataclass(frozen=True)
class Queries:
    """Queries: `vector` (n, D + 1) of float32, moved, then a 1."""

    space: Space
    rows: NDArray[np.int64]
    vector: NDArray[np.float32]
    above: NDArray[np.float64]
    """(n,) what true nearness lies above an estimate."""
    longest_exact: float
    longest: float

    def points(self, which: NDArray[np.int64]) -> Points:
        """Returns some of them as the space has them."""
        return self.space.points(self.rows[which])


@dataclass(frozen=True)
class Block:
    """Gallery images: estimate = query . vector; `vector` (n, D + 1) ends in what is added to the product."""

    vector: NDArray[np.float32]
    longest: float
    """Without the last number, which is at most `farthest`."""
    farthest: float


class Screen:
    """The space of one gallery (rows of the table), moved to its middle."""

    def __init__(self, space: Space, gallery: NDArray[np.int64]) -> None:
        self.space = space
        self._chunk_rows = max(1, CHUNK_NUMBERS // space.table.features.shape[1])
        rows = gallery[:: max(1, len(gallery) // SAMPLED_ROWS)][:SAMPLED_ROWS]
        sample = space.placed(rows).vector
        # The mean of images that are all equal is exactly one of them.
        self._middle = sample[0] + (sample - sample[0]).mean(axis=0)

    def queries(self, rows: NDArray[np.int64], pool: Executor) -> Queries:
        """Returns the queries in these rows of the table."""
        width = self.space.table.features.shape[1]
        vector = np.ones((len(rows), width + 1), np.float32)
        above = np.empty(len(rows))

        def fill(part: slice) -> tuple[float, float]:
            points = self.space.placed(rows[part])
            above[part] = points.vector @ self._middle
            moved = vector[part, :-1]
            np.subtract(points.vector, self._middle, out=moved, casting="same_kind")
            return float(np.sqrt(points.squared.max())), _longest(moved)

        ends = zip(*in_chunks(pool, fill, len(rows), self._chunk_rows), strict=True)
        if self.space.distance == "euclidean":
            above -= self._middle @ self._middle / 2
        return Queries(self.space, rows, vector, above, *map(max, ends))

    def block(self, rows: NDArray[np.int64], out: NDArray[np.float32], pool: Executor) -> Callable[[], Block]:
        """Begins to make the gallery images in these rows of the table; what it returns waits for them.

        `out` (n, D + 1) takes their vectors.
        """

        def fill(part: slice) -> tuple[float, float]:
            moved, added = out[part, :-1], out[part, -1]
            exact = self.space.placed(rows[part]).vector
            exact -= self._middle
            moved[:] = exact
            if self.space.distance == "euclidean":
                added[:] = np.vecdot(exact, exact) / -2
            else:
                added[:] = exact @ self._middle
            return _longest(moved), float(np.abs(added).max())

        ends = begin_chunks(pool, fill, len(rows), self._chunk_rows)
        return lambda: Block(out, *map(max, zip(*ends, strict=True)))

    def tolerance(self, queries: Queries, block: Block) -> float:
        """Returns how far an estimate for these queries may lie from true nearness.

        A float32 product is off by at most 4 sqrt(D) unit roundoffs times what its terms add up to:
        four times the probabilistic bound of Higham and Mary (2019), and the certain bound D for D
        up to 16. 4 more each for rounding the moved vectors and what is added; what double
        precision loses grows with the features' own lengths.
        """
        width = queries.vector.shape[1]
        middle = float(np.sqrt(self._middle @ self._middle))
        lever = block.longest if self.space.distance == "euclidean" else middle
        terms = block.longest * queries.longest + block.farthest
        single = (4 * width**0.5 + 4) * terms + 4 * block.longest * lever
        whole = (queries.longest_exact + middle) * (block.longest + 2 * middle) + (
            block.longest + middle
        ) ** 2
        double = (4 * width**0.5 + 16) * whole
        return float(UNIT_ROUNDOFF * single + UNIT_ROUNDOFF_64 * double + width * SMALLEST_NORMAL)


def _longest(vectors: NDArray[np.float32]) -> float:
    """Returns no less than the longest length and hardly more; 0 if and only if all are zeros."""
    squared = float(np.vecdot(vectors, vectors).max())
    if squared == 0 and not vectors.any():
        return 0.0
    return SLACK * float(np.sqrt(squared + SMALLEST_NORMAL * vectors.shape[1]))
