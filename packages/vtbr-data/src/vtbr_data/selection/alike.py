"""Near duplicates, and the cells of near vectors within which many of them are compared.

N vectors, K their width.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

_PARTITIONS = 4
"""Ways to form cells; a pair is found if it shares a cell in one of them."""


def near_duplicates(vectors: NDArray[np.float32], distance: float, *, seed: int) -> NDArray[np.bool_]:
    """Return which rows, (N,), lie within cosine `distance` of an earlier row that stays.

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


MOST = 4096
"""Vectors of a cell: their similarities take 64 MiB."""


def cells(vectors: NDArray[np.float32], *, seed: int, most: int = MOST) -> Iterator[NDArray[np.int64]]:
    """Split the N rows at medians along random directions until no part has more than `most`; yield the
    rows of each part, ascending.

    Near vectors mostly share a cell; equal ones do unless a cell would be too large with them.
    """
    depth = max(1, (len(vectors) // most).bit_length() + 4)
    directions = np.random.default_rng([seed, 2]).standard_normal((vectors.shape[1], depth), np.float32)
    places = vectors @ directions
    waiting = [(np.arange(len(vectors)), 0)]
    while waiting:
        rows, level = waiting.pop()
        if len(rows) <= most:
            yield rows
            continue
        left = _is_left(places[rows, level % depth], by_rank=level >= depth)
        waiting += [(rows[~left], level + 1), (rows[left], level + 1)]


def _is_left(place: NDArray[np.float32], *, by_rank: bool) -> NDArray[np.bool_]:
    left = place < np.median(place)
    if by_rank or not left.any():  # so many equal ones that values cannot part them
        left = np.zeros(len(place), np.bool_)
        left[np.argsort(place, kind="stable")[: len(place) // 2]] = True
    return left
