"""Smooth noise in space that repeats: creases, worn spots, strands and grains are cut from it.

S is the cube's edge in cells; a place is measured in cells.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from ..compiled import compiled

F = np.float32
Floats = NDArray[np.float32]
Real = np.float32

_SIZE = 32
"""S, a power of two: places are wrapped by masking."""
_MASK = _SIZE - 1
_MOVED = F(4096)
"""Added to places, so that cutting off the fraction rounds down."""


@cache
def noise() -> Floats:
    """Returns the cube (S, S, S, 4): value (mean 0, standard deviation 1) and its slopes a cell."""
    random = np.random.Generator(np.random.Philox(20240501))
    cube = random.random((_SIZE,) * 3) - 0.5
    for axis in (0, 1, 2):
        for _ in range(2):
            cube = (np.roll(cube, 1, axis) + cube * 2 + np.roll(cube, -1, axis)) * 0.25
    cube = cube * 23.4
    slopes = [(np.roll(cube, -1, axis) - np.roll(cube, 1, axis)) * 0.5 for axis in (0, 1, 2)]
    return np.ascontiguousarray(np.stack([cube, *slopes], axis=-1), dtype=np.float32)


@compiled
def noise_at(noise: Floats, places: Floats) -> Floats:
    """Returns the noise (P,) at places (P, 3)."""
    out = np.empty(places.shape[0], np.float32)
    for i in range(places.shape[0]):
        out[i] = noise_and_slopes(noise, places[i, 0], places[i, 1], places[i, 2])[0]
    return out


@compiled
def noise_and_slopes(noise: Floats, x: Real, y: Real, z: Real) -> tuple[Real, Real, Real, Real]:
    """Returns value and slopes of the noise at a place, interpolated between eight cells."""
    xp, yp, zp = x + _MOVED, y + _MOVED, z + _MOVED
    i, j, k = int(xp), int(yp), int(zp)
    s, t, r = xp - F(i), yp - F(j), zp - F(k)
    one = F(1)
    a = b = c = d = F(0)
    for corner in range(8):
        di, dj, dk = corner & 1, (corner >> 1) & 1, corner >> 2
        w = (s if di else one - s) * (t if dj else one - t) * (r if dk else one - r)
        p, q, n = (i + di) & _MASK, (j + dj) & _MASK, (k + dk) & _MASK
        a += w * noise[p, q, n, 0]
        b += w * noise[p, q, n, 1]
        c += w * noise[p, q, n, 2]
        d += w * noise[p, q, n, 3]
    return a, b, c, d


@compiled
def grain_at(noise: Floats, x: Real, y: Real, z: Real) -> Real:
    """Returns the noise of the cell that holds a place."""
    i, j, k = int(x + _MOVED), int(y + _MOVED), int(z + _MOVED)
    grain: Real = noise[i & _MASK, j & _MASK, k & _MASK, 0]
    return grain
