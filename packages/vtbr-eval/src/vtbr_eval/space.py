"""The space in which images are compared: one number, nearness, for both distances.

D width of a feature. Nearness of a query q and a gallery image g is `q . g` for cosine (both of
length 1) and `q . g - |g|^2 / 2` for Euclidean distance; it falls as the distance grows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .errors import InputError
from .features import FeatureTable, blocks
from .product import CPU, product_on
from .protocol import Distance
from .workers import chunks

CHUNK_NUMBERS = 2**17
"""Turned into points at a time: 1 MiB in double precision, which stays in a core's cache."""


@dataclass(frozen=True)
class Points:
    """Images in the space: `vector` (n, D) of float32 numbers, `offset` (n,) float64, the longest length."""

    vector: NDArray[np.floating]
    offset: NDArray[np.float64]
    longest: float


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
        self._scale = 2.0 ** -_exponent(table) if distance == "euclidean" else 1.0

    def points(self, rows: NDArray[np.int64]) -> Points:
        """The images in these rows of the table."""
        vector = np.empty((len(rows), self.table.features.shape[1]), np.float32)
        offset = np.zeros(len(rows))
        for part in chunks(len(rows), max(1, CHUNK_NUMBERS // vector.shape[1])):
            raw = self._features[_slice_if_whole(rows[part])].astype(np.float64)
            if self.distance == "euclidean":
                vector[part] = raw * self._scale
                offset[part] = np.square(vector[part], dtype=np.float64).sum(axis=1) / 2
            else:
                scale = 1 / self._length(raw, rows[part])[:, None]
                np.multiply(raw, scale, out=vector[part], casting="same_kind")
        if self.distance == "euclidean":
            return Points(vector, offset, float(np.sqrt(2 * offset.max(initial=0.0))))
        return Points(vector, offset, 1.0)

    def nearness(self, query: NDArray[np.floating], gallery: Points) -> NDArray[np.float64]:
        """Nearness (n,) of one query (D,), or of a query (n, D) each, in double precision.

        A matrix product may round the same pair differently at another place of the matrix;
        this sum does not, so that equal images are exactly equal whatever the blocks.
        """
        product = np.multiply(gallery.vector, query, dtype=np.float64)
        dot: NDArray[np.float64] = product.sum(axis=1)
        return dot - gallery.offset

    def _length(self, raw: NDArray[np.float64], rows: NDArray[np.int64]) -> NDArray[np.float64]:
        length: NDArray[np.float64] = np.sqrt(np.square(raw).sum(axis=1))
        if not length.all():
            row = int(rows[np.flatnonzero(length == 0)[0]])
            raise InputError(
                f"{self.table.name}: the feature in row {row} ({self.table.path[row]}) is all zeros "
                "and has no direction: look at that image and at the model, or add --distance euclidean"
            )
        return length


def _slice_if_whole(rows: NDArray[np.int64]) -> NDArray[np.int64] | slice:
    """Rows that follow one another as a slice, of which nothing is copied."""
    return slice(rows[0], rows[-1] + 1) if (rows[1:] - rows[:-1] == 1).all() else rows


def _exponent(table: FeatureTable) -> int:
    largest = max(float(np.abs(table.features[block]).max()) for block in blocks(table.features))
    return int(np.frexp(largest)[1])
