"""The space in which images are compared: one number, nearness, for both distances.

D width of a feature. Nearness of a query q and a gallery image g is `q . g` for cosine (both of
length 1) and `q . g - |g|^2 / 2` for Euclidean distance; it falls as the distance grows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

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
    """Images in the space: `vector` (n, D) of float32 numbers, `offset` (n,) float64, the longest length."""

    vector: NDArray[np.floating]
    offset: NDArray[np.float64]
    longest: float

    def exact(self) -> Points:
        """Returns the same in double precision, for many comparisons."""
        return replace(self, vector=self.vector.astype(np.float64))

    def __getitem__(self, part: slice) -> Points:
        return replace(self, vector=self.vector[part], offset=self.offset[part])


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
        """Returns the images in these rows of the table."""
        vector = np.empty((len(rows), self.table.features.shape[1]), np.float32)
        offset = np.zeros(len(rows))
        for part in chunks(len(rows), max(1, CHUNK_NUMBERS // vector.shape[1])):
            raw = self._features[_slice_if_whole(rows[part])].astype(np.float64)
            if self.distance == "euclidean":
                vector[part] = raw * self.scale
                exact = vector[part].astype(np.float64)
                offset[part] = _dots(exact, exact) / 2
            else:
                scale = 1 / self._length(raw, rows[part])[:, None]
                np.multiply(raw, scale, out=vector[part], casting="same_kind")
        if self.distance == "euclidean":
            return Points(vector, offset, float(np.sqrt(2 * offset.max(initial=0.0))))
        return Points(vector, offset, 1.0)

    def nearness(self, queries: NDArray[np.floating], gallery: Points) -> NDArray[np.float64]:
        """Returns the nearness (m, n) of queries (m, D) to gallery images, in double precision.

        A matrix product may round the same pair differently at another place of the matrix;
        this sum does not, so that equal images are exactly equal whatever the blocks.
        """
        exact, other = queries.astype(np.float64, copy=False), gallery.vector.astype(np.float64, copy=False)
        found = _dots(exact[:, None], other)
        found -= gallery.offset
        return found

    def nearness_of_pairs(self, queries: NDArray[np.floating], gallery: Points) -> NDArray[np.float64]:
        """Returns the nearness (n,) of a query (n, D) to a gallery image each: the same numbers."""
        exact, other = queries.astype(np.float64, copy=False), gallery.vector.astype(np.float64, copy=False)
        return _dots(exact, other) - gallery.offset

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

    def _length(self, raw: NDArray[np.float64], rows: NDArray[np.int64]) -> NDArray[np.float64]:
        length = np.sqrt(_dots(raw, raw))
        if not length.all():
            row = int(rows[np.flatnonzero(length == 0)[0]])
            raise InputError(
                f"{self.table.name}: the feature in row {row} ({self.table.path[row]}) is all zeros "
                "and has no direction: look at that image and at the model, or add --distance euclidean"
            )
        return length


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
