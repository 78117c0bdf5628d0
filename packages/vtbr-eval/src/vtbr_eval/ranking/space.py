"""The space in which images are compared: one number, nearness, for both distances.

D width of a feature. Nearness of a query q and a gallery image g is the cosine of their angle, or
`q . g - |g|^2 / 2` for Euclidean distance; it falls as the distance grows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..features import FeatureTable, blocks
from ..protocol import Distance
from .product import CPU, product_on
from .workers import chunks

CHUNK_NUMBERS = 2**17
"""Turned into points at a time: 1 MiB in double precision, which stays in a core's cache."""
PIECE = 8192
"""Dimensions summed at a time: BLAS shares longer sums out among its threads."""


@dataclass(frozen=True)
class Points:
    """Images, exactly: `vector` (n, D) and their squared lengths (n,), float64."""

    vector: NDArray[np.float64]
    squared: NDArray[np.float64]

    def __getitem__(self, part: slice | NDArray[np.int64]) -> Points:
        return Points(self.vector[part], self.squared[part])


class Space:
    """Turns rows of a table into points, a block at a time, each row always into the same bits.

    Raises `InputError` for a feature of zeros under cosine distance (it has no direction), and for a
    device that is not there.
    """

    def __init__(self, table: FeatureTable, distance: Distance, device: str = CPU) -> None:
        self.table = table
        self.distance = distance
        self.product = product_on(device)
        """For what is compared in this space (product.py)."""
        self._features = np.asarray(table.features)  # slicing a memmap costs microseconds each time
        # A power of two changes no bit of the mantissas and keeps squares far from overflow.
        self.scale = 2.0 ** -_exponent(table) if distance == "euclidean" else 1.0

    def points(self, rows: NDArray[np.int64]) -> Points:
        """Returns the images in these rows of the table, for comparisons in double precision."""
        vector = self._features[_slice_if_whole(rows)].astype(np.float64)
        if self.distance == "euclidean":
            vector *= self.scale
            return Points(vector, _dots(vector, vector))
        squared = _dots(vector, vector)
        if not squared.all():
            self._refuse_zeros(int(rows[np.flatnonzero(squared == 0)[0]]))
        return Points(vector, squared)

    def placed(self, rows: NDArray[np.int64]) -> Points:
        """Returns the images where their product is their nearness: for cosine at length 1."""
        points = self.points(rows)
        if self.distance == "euclidean":
            return points
        vector = np.multiply(points.vector, (1 / np.sqrt(points.squared))[:, None], out=points.vector)
        return Points(vector, np.ones(len(rows)))

    def vectors(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Returns the placed images (n, D), rounded to float32."""
        vector = np.empty((len(rows), self.table.features.shape[1]), np.float32)
        for part in chunks(len(rows), max(1, CHUNK_NUMBERS // vector.shape[1])):
            vector[part] = self.placed(rows[part]).vector
        return vector

    def offsets(self, points: Points) -> NDArray[np.float64]:
        """Returns what is taken from the products with these images, and gives their distances (n,)."""
        return points.squared / 2 if self.distance == "euclidean" else np.zeros(len(points.squared))

    def nearness(self, queries: Points, gallery: Points) -> NDArray[np.float64]:
        """Returns the nearness (m, n) of queries to gallery images, in double precision.

        A matrix product may round the same pair differently at another place of the matrix;
        this sum does not, so that equal images are exactly equal whatever the blocks.
        """
        dots = _dots(queries.vector[:, None], gallery.vector)
        return self._nearness(dots, queries.squared[:, None], gallery)

    def nearness_of_pairs(self, queries: Points, gallery: Points) -> NDArray[np.float64]:
        """Returns the nearness (n,) of a query to a gallery image each: the same numbers."""
        return self._nearness(_dots(queries.vector, gallery.vector), queries.squared, gallery)

    def distances(
        self, nearness: NDArray[np.float64], offset: NDArray[np.float64] | float
    ) -> NDArray[np.float64]:
        """Returns the distances of pairs with this nearness, of queries with these offsets.

        1 - cosine, or Euclidean in the features' own unit.
        """
        if self.distance == "euclidean":
            found: NDArray[np.float64] = np.sqrt(np.maximum(2 * (offset - nearness), 0)) / self.scale
            return found
        return np.maximum(1 - nearness, 0)

    def nearness_at(self, distance: float, offset: NDArray[np.float64]) -> NDArray[np.float64]:
        """Returns the nearness (n,) of images at this distance of queries with these offsets."""
        if self.distance == "euclidean":
            return offset - (distance * self.scale) ** 2 / 2
        return np.full(len(offset), 1 - distance)

    def _nearness(
        self, dots: NDArray[np.float64], squared: NDArray[np.float64], gallery: Points
    ) -> NDArray[np.float64]:
        if self.distance == "euclidean":
            dots -= gallery.squared / 2
            return dots
        # Of the products as they are: of whole numbers they are exact, and equal cosines come out equal.
        cosine: NDArray[np.float64] = np.copysign(np.sqrt(dots * dots / (squared * gallery.squared)), dots)
        return cosine

    def _refuse_zeros(self, row: int) -> None:
        raise InputError(
            f"{self.table.name}: the feature in row {row} ({self.table.path[row]}) is all zeros "
            "and has no direction: look at that image and at the model, or add --distance euclidean"
        )


def _dots(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns products of vectors (..., D), each summed in the same order whatever its place in the array."""
    first, *rest = chunks(a.shape[-1], PIECE)
    dots: NDArray[np.float64] = np.vecdot(a[..., first], b[..., first])
    for part in rest:
        dots += np.vecdot(a[..., part], b[..., part])
    return dots


def _slice_if_whole(rows: NDArray[np.int64]) -> NDArray[np.int64] | slice:
    """Returns rows that follow one another as a slice, of which nothing is copied."""
    return slice(rows[0], rows[-1] + 1) if (rows[1:] - rows[:-1] == 1).all() else rows


def _exponent(table: FeatureTable) -> int:
    largest = max(float(np.abs(table.features[block]).max()) for block in blocks(table.features))
    return int(np.frexp(largest)[1])
