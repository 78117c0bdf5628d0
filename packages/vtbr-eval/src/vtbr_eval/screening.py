"""A fast float32 guess of nearness, and how far it may lie from the truth.

All images are moved so that the middle of the gallery lies at the origin. That changes no
order, and rounding errors then grow with the spread of the features instead of their length:
features that are all nearly alike are told apart as well as others.

n images, D width of a feature.
"""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .space import CHUNK_NUMBERS, Space
from .workers import in_chunks

UNIT_ROUNDOFF, UNIT_ROUNDOFF_64 = 2.0**-24, 2.0**-53
SMALLEST_NORMAL = 2.0**-126
"""Of float32: below, products lose digits."""
SAMPLED_ROWS = 1024
"""Enough for a middle; it need not be exact."""


@dataclass(frozen=True)
class Queries:
    """Queries: `exact` (n, D) as the space has them, `vector` (n, D) moved, both float32."""

    exact: NDArray[np.float32]
    vector: NDArray[np.float32]
    above: NDArray[np.float64]
    """(n,) what true nearness lies above a guess."""
    longest_exact: float
    longest: float


@dataclass(frozen=True)
class Block:
    """Gallery images: guess = query . vector - offset, `vector` (n, D), `offset` (n,) float32."""

    vector: NDArray[np.float32]
    offset: NDArray[np.float32]
    longest: float


class Screen:
    """The space of one gallery (rows of the table), moved to its middle."""

    def __init__(self, space: Space, gallery: NDArray[np.int64]) -> None:
        self.space = space
        self._chunk_rows = max(1, CHUNK_NUMBERS // space.table.features.shape[1])
        rows = gallery[:: max(1, len(gallery) // SAMPLED_ROWS)][:SAMPLED_ROWS]
        self._middle = space.points(rows).vector.mean(axis=0, dtype=np.float64).astype(np.float32)
        self._middle_64 = self._middle.astype(np.float64)

    def queries(self, rows: NDArray[np.int64], pool: Executor) -> Queries:
        """The queries in these rows of the table."""
        width = self.space.table.features.shape[1]
        exact, moved = np.empty((2, len(rows), width), np.float32)
        above = np.empty(len(rows))

        def fill(part: slice) -> tuple[float, float]:
            points = self.space.points(rows[part])
            exact[part] = points.vector
            np.subtract(points.vector, self._middle, out=moved[part])
            above[part] = points.vector @ self._middle_64
            return points.longest, _longest(moved[part])

        ends = zip(*in_chunks(pool, fill, len(rows), self._chunk_rows), strict=True)
        if self.space.distance == "euclidean":
            above -= self._middle_64 @ self._middle_64 / 2
        return Queries(exact, moved, above, *map(max, ends))

    def block(self, rows: NDArray[np.int64], out: NDArray[np.float32], pool: Executor) -> Block:
        """The gallery images in these rows of the table; `out` (n, D) takes their vectors."""
        offset = np.empty(len(rows), np.float32)

        def fill(part: slice) -> float:
            moved = out[part]
            np.subtract(self.space.points(rows[part]).vector, self._middle, out=moved)
            exact = moved.astype(np.float64)
            squared = np.einsum("nd,nd->n", exact, exact)
            offset[part] = squared / 2 if self.space.distance == "euclidean" else -(exact @ self._middle_64)
            return float(np.sqrt(squared.max()))

        return Block(out, offset, max(in_chunks(pool, fill, len(rows), self._chunk_rows)))

    def tolerance(self, queries: Queries, block: Block) -> float:
        """How far a guess for these queries may lie from true nearness.

        A float32 product is off by at most 4 sqrt(D) unit roundoffs times both lengths: four times
        the probabilistic bound of Higham and Mary (2019), and the certain bound D for D up to 16.
        4 more each for rounding the moved vectors and the offset; what double precision loses
        grows with the features' own lengths.
        """
        width = queries.vector.shape[1]
        middle = float(np.sqrt(self._middle_64 @ self._middle_64))
        lever = block.longest if self.space.distance == "euclidean" else middle
        single = block.longest * ((4 * width**0.5 + 4) * queries.longest + 4 * lever)
        whole = (queries.longest_exact + middle) * (block.longest + 2 * middle) + (
            block.longest + middle
        ) ** 2
        double = (4 * width**0.5 + 16) * whole
        return float(UNIT_ROUNDOFF * single + UNIT_ROUNDOFF_64 * double + width * SMALLEST_NORMAL)


def _longest(vectors: NDArray[np.float32]) -> float:
    return float(np.sqrt(np.square(vectors, dtype=np.float64).sum(axis=1).max()))
