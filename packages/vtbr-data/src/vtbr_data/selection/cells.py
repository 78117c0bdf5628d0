"""Many vectors in cells of near ones, small enough to compare all with all.

N vectors, K their width.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

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
