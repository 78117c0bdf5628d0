"""Prints and logos of shirts: small pictures of two colours, computed."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

PRINTS = 96
PRINT_CELLS = 16


@cache
def prints() -> NDArray[np.int8]:
    """Return prints and logos (PRINTS, 16, 16): 0 cloth, 1 the second colour, 2 the third."""
    random = np.random.Generator(np.random.Philox(20240502))
    return np.stack([_PRINT_KINDS[number % len(_PRINT_KINDS)](random) for number in range(PRINTS)])


def _bars(random: np.random.Generator) -> NDArray[np.int8]:
    """Draw one to three lines of writing."""
    out = np.zeros((PRINT_CELLS, PRINT_CELLS), np.int8)
    for line in range(int(random.integers(1, 4))):
        top, letters = 2 + line * 5, random.random(PRINT_CELLS) < 0.72
        out[top : top + int(random.integers(2, 5)), 1:15] = letters[1:15]
    return out


def _disc(random: np.random.Generator) -> NDArray[np.int8]:
    rows, columns = np.mgrid[:PRINT_CELLS, :PRINT_CELLS] - 7.5
    square = rows * rows + columns * columns
    out = np.asarray(square < 56, np.int8)
    out[square < float(random.uniform(4, 36))] = random.integers(0, 3)
    return out


def _emblem(random: np.random.Generator) -> NDArray[np.int8]:
    half = random.random((8, 4)) < 0.5
    return np.asarray(np.repeat(np.repeat(np.hstack([half, half[:, ::-1]]), 2, 0), 2, 1), np.int8)


def _picture(random: np.random.Generator) -> NDArray[np.int8]:
    """Draw an irregular figure of two colours."""
    field = random.random((PRINT_CELLS, PRINT_CELLS)) - 0.5
    for _ in range(3):
        for axis in (0, 1):
            field = (np.roll(field, 1, axis) + field * 2 + np.roll(field, -1, axis)) * 0.25
    rows, columns = np.mgrid[:PRINT_CELLS, :PRINT_CELLS] - 7.5
    field = field - (rows * rows + columns * columns) * 0.001
    order = np.sort(field.ravel())
    return np.asarray((field > order[140]).astype(np.int8) + (field > order[215]), np.int8)


def _block(random: np.random.Generator) -> NDArray[np.int8]:
    out = np.zeros((PRINT_CELLS, PRINT_CELLS), np.int8)
    top, left = random.integers(0, 4, 2)
    bottom, right = random.integers(10, 17, 2)
    out[top:bottom, left:right] = 1
    out[5:9, 4:12] = 2
    return out


def _band(random: np.random.Generator) -> NDArray[np.int8]:
    out = np.zeros((PRINT_CELLS, PRINT_CELLS), np.int8)
    half = int(random.integers(2, 6))
    out[8 - half : 8 + half] = 1
    out[9 - half : 7 + half, 2:14:2] = 2
    return out


_PRINT_KINDS = (_bars, _disc, _emblem, _picture, _block, _band)
