"""Float32 guesses of nearness and how far they may lie from the truth, for what looks at single pairs.

Q queries, G gallery images, D width of a feature.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..pairing import Integers
from .space import Points, Space

QUERY_ROWS, GALLERY_ROWS = 1024, 4096
"""A block of guesses has 16 MiB."""
UNIT_ROUNDOFF = 2.0**-24
"""Of float32."""


def guessed(
    space: Space, queries: Points, gallery: Integers, gallery_rows: int
) -> Iterator[tuple[int, Points, NDArray[np.float32]]]:
    """Guesses (Q, n) of one block of `gallery` (rows of the table) after the other, its start and points."""
    for start in range(0, len(gallery), gallery_rows):
        points = space.points(gallery[start : start + gallery_rows])
        guess: NDArray[Any] = queries.vector @ points.vector.T
        guess -= points.offset.astype(np.float32)
        yield start, points, guess


def tolerance(query: Points, gallery: Points) -> float:
    """How far a guess for these points may lie from their true nearness.

    4 sqrt(D) unit roundoffs: four times the probabilistic bound of Higham and Mary (2019), and
    the certain bound D for D up to 16; 2 more for rounding and subtracting the offset.
    """
    width = query.vector.shape[1]
    size = query.longest * gallery.longest + float(gallery.offset.max(initial=0.0))
    return float(4 * np.sqrt(width) + 2) * UNIT_ROUNDOFF * size
