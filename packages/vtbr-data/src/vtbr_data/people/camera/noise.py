"""Noise without randomness at run time: layers that repeat, made once a process, and a hash of cells."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ..compiled import inlined
from ..exact import floored

F = np.float32
Floats = NDArray[np.float32]

SIZE = 256
"""Points of a layer each way, a power of two."""
_MASK = SIZE - 1
ASPHALT, GRASS, GRAVEL, CLOUDS, CONCRETE = range(5)
"""Layers of `layers`."""


@inlined
def hashed(i: int, j: int) -> np.float32:
    """Return a number in [0, 1) that looks random, the same for the same pair."""
    value = (i * 374761393 + j * 668265263) & 0x7FFFFFFF
    value = ((value ^ (value >> 13)) * 1274126177) & 0x7FFFFFFF
    value = value ^ (value >> 16)
    return F(value & 0xFFFF) * F(1.0 / 65536.0)


@inlined
def layer_at(noise: Floats, layer: int, u: np.float32, v: np.float32) -> np.float32:
    """Return one of the `layers` between its points (u, v), bilinear."""
    i, j = floored(u), floored(v)
    fu, fv = u - F(i), v - F(j)
    i, j = i & _MASK, j & _MASK
    i1, j1 = (i + 1) & _MASK, (j + 1) & _MASK
    value = (noise[layer, i, j] * (F(1.0) - fv) + noise[layer, i, j1] * fv) * (F(1.0) - fu)
    value += (noise[layer, i1, j] * (F(1.0) - fv) + noise[layer, i1, j1] * fv) * fu
    return F(value)


@lru_cache(maxsize=1)
def layers() -> Floats:
    """Return the layers of noise, (5, SIZE, SIZE), each of mean 0 and standard deviation 1."""
    rng = np.random.default_rng(20_261_128)
    asphalt = 0.5 * fractal(rng, 0.4) + 0.6 * fractal(rng, 1.5)
    concrete = 0.3 * fractal(rng, 0.5) + fractal(rng, 1.9)
    stack = [asphalt, _blades(rng), _pebbles(rng), fractal(rng, 1.8), concrete]
    return np.stack([_standard(layer) for layer in stack])


def fractal(
    rng: np.random.Generator, slope: float, shape: tuple[int, int] = (SIZE, SIZE)
) -> NDArray[np.float64]:
    """Return noise that repeats, with amplitudes that fall as frequency to the power of `-slope`."""
    longest = max(shape)
    rows = np.fft.fftfreq(shape[0])[:, None] * longest
    columns = np.fft.rfftfreq(shape[1])[None] * longest
    frequency = np.sqrt(rows**2 + columns**2)
    frequency[0, 0] = 1.0
    spectrum = np.fft.rfft2(rng.normal(size=shape)) * frequency**-slope
    field: NDArray[np.float64] = np.fft.irfft2(spectrum, s=shape)
    return np.asarray((field - field.mean()) / field.std())


def _standard(field: NDArray[np.float64]) -> Floats:
    field = (field - field.mean()) / field.std()
    return np.clip(field, -3, 3).astype(np.float32)


def _blades(rng: np.random.Generator, count: int = 9000) -> NDArray[np.float64]:
    """Draw grass from above: short strokes, each with a brightness of its own."""
    field = fractal(rng, 0.8) * 0.3
    start, turn = rng.uniform(0, SIZE, (count, 2)), rng.uniform(0, 2 * np.pi, count)
    bright, length = rng.normal(0, 1, count), rng.integers(3, 8, count)
    for step in range(8):
        on = length > step
        i = (start[on, 0] + step * np.sin(turn[on])).astype(int) % SIZE
        j = (start[on, 1] + step * np.cos(turn[on])).astype(int) % SIZE
        field[i, j] = bright[on] * (0.6 + 0.08 * step)
    return field


def _pebbles(rng: np.random.Generator, cells: int = 42) -> NDArray[np.float64]:
    """Draw gravel: the nearest of scattered centres decides the shade, the gaps between two are dark."""
    centre = rng.uniform(0.1, 0.9, (cells, cells, 2))
    shade = rng.normal(0, 1, (cells, cells))
    at = (np.arange(SIZE) + 0.5) * cells / SIZE
    cell, part = at.astype(int), at % 1
    nearest = np.full((SIZE, SIZE), 9.0)
    second, value = nearest.copy(), np.zeros((SIZE, SIZE))
    for di in (-1, 0, 1):
        for dj in (-1, 0, 1):
            i, j = (cell + di) % cells, (cell + dj) % cells
            points = centre[i[:, None], j[None]]
            away = np.hypot(points[..., 0] + di - part[:, None], points[..., 1] + dj - part[None])
            closer = away < nearest
            second = np.where(closer, nearest, np.minimum(second, away))
            value = np.where(closer, shade[i[:, None], j[None]], value)
            nearest = np.where(closer, away, nearest)
    return np.asarray(value + np.minimum(second - nearest, 0.35) * 4.0)
