"""Near duplicates: images whose vectors are almost the same."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .cells import MOST, cells

_PARTITIONS = 4
"""Ways to form cells; a pair is found if it shares a cell in one of them."""


def near_duplicates(vectors: NDArray[np.float32], distance: float, *, seed: int) -> NDArray[np.bool_]:
    """Which rows, (N,), lie within cosine `distance` of an earlier row that stays.

    All pairs are compared up to `cells.MOST` rows; above that pairs that share a cell in one of four
    partitions.
    """
    is_near = np.zeros(len(vectors), np.bool_)
    for turn in range(_PARTITIONS if len(vectors) > MOST else 1):
        left = np.flatnonzero(~is_near)
        for cell in cells(vectors[left], seed=seed * _PARTITIONS + turn):
            rows = left[cell]
            is_near[rows] = _near_earlier(vectors[rows], distance)
    return is_near


def _near_earlier(vectors: NDArray[np.float32], distance: float) -> NDArray[np.bool_]:
    close = vectors @ vectors.T >= 1 - distance - 1e-6  # equal vectors differ by rounding
    is_near = np.zeros(len(vectors), np.bool_)
    earlier = np.tril(close, -1)
    for row in np.flatnonzero(earlier.any(axis=1)):  # the rest has no earlier neighbour at all
        is_near[row] = bool((earlier[row] & ~is_near).any())
    return is_near
