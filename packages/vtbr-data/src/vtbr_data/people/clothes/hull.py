"""What hangs around a body: outlines around an upright axis, filled where cloth spans hollows, let down by
gravity.

An outline is a grid (R rows from the top down, S sectors) of radii in metres around the axis; sector 0 looks
forward (+z), sectors go round by the left (+x).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..compiled import compiled
from ..exact import atan2

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Outline:
    """Radii (R, S) around the upright axis through (x, z), from `top` down in steps of `step` metres."""

    radius: Floats
    x: float
    z: float
    top: float
    step: float


def outline(
    points: Floats, axis: tuple[float, float], span: tuple[float, float], size: tuple[int, int]
) -> Outline:
    """Return the outline of points (P, 3) between the heights `span` (top, bottom);
    hollows without points are filled.
    """
    top, bottom = span
    step = (top - bottom) / (size[0] - 1)
    radius = np.zeros(size, np.float32)
    splat(points, axis[0], axis[1], top, step, radius)
    fill(radius)
    return Outline(radius, axis[0], axis[1], top, step)


@compiled
def splat(points: Floats, x: float, z: float, top: float, step: float, radius: Floats) -> None:
    """Raises the radii (R, S) to reach points (P, 3); each point counts in the four cells around it."""
    rows, sectors = radius.shape
    for i in range(points.shape[0]):
        dx, dz = points[i, 0] - x, points[i, 2] - z
        r = np.float32(math.sqrt(dx * dx + dz * dz))
        row = (top - points[i, 1]) / step
        if row < -0.6 or row > rows - 0.4:
            continue
        sector = atan2(dx, dz) * (sectors / (2 * math.pi))
        first, left = math.floor(row), math.floor(sector)
        for a in range(first, first + 2):
            if 0 <= a < rows and abs(a - row) < 0.75:
                for b in range(left, left + 2):
                    if abs(b - sector) < 0.75 and radius[a, b % sectors] < r:
                        radius[a, b % sectors] = r


@compiled
def fill(radius: Floats) -> None:
    """Fills cells without a point (0) from their neighbours in the row, empty rows from the row above."""
    rows, sectors = radius.shape
    for a in range(rows):
        for _ in range(sectors):
            done = True
            before = radius[a].copy()
            for b in range(sectors):
                if before[b] == 0:
                    radius[a, b] = max(before[b - 1], before[(b + 1) % sectors])
                    done = False
            if done:
                break
        if a > 0 and radius[a, 0] == 0:
            radius[a] = radius[a - 1]


@compiled
def span_hollows(radius: Floats, reach: int) -> None:
    """Raises radii to the chords between neighbours up to `reach` sectors away: cloth does not go into
    hollows."""
    rows, sectors = radius.shape
    for a in range(rows):
        row = radius[a].copy()
        for k in range(1, reach + 1):
            # Chord between sectors b - k and b + k, met in the middle: harmonic mean over cos(k).
            c = np.float32(1.0 / max(0.05, math.sin(math.pi / 2 - k * 2 * math.pi / sectors)))
            for b in range(sectors):
                left, right = row[(b - k) % sectors], row[(b + k) % sectors]
                chord = 2 * left * right / ((left + right) * c + np.float32(1e-9))
                if chord > radius[a, b]:
                    radius[a, b] = chord


@compiled
def let_hang(radius: Floats, step: float, widening: float, gathering: float) -> None:
    """Lets cloth fall: a row is at least as wide as the one above plus `widening` metres a metre.

    `gathering` (0 to 1 a metre) draws it towards what it covers.
    """
    rows, sectors = radius.shape
    for a in range(1, rows):
        for b in range(sectors):
            hanging = radius[a - 1, b] + np.float32(widening * step)
            own = radius[a, b]
            if hanging > own:
                radius[a, b] = own + (hanging - own) * np.float32(1 - gathering * step)


@compiled
def smooth(radius: Floats, times: int) -> None:
    """Evens the radii out, over rows and sectors, `times` times."""
    rows, sectors = radius.shape
    for _ in range(times):
        old = radius.copy()
        for a in range(rows):
            above, below = max(a - 1, 0), min(a + 1, rows - 1)
            for b in range(sectors):
                around = old[a, b - 1] + old[a, (b + 1) % sectors] + old[above, b] + old[below, b]
                radius[a, b] = old[a, b] * np.float32(0.5) + around * np.float32(0.125)


@compiled
def radii_at(radius: Floats, x: float, z: float, top: float, step: float, points: Floats) -> Floats:
    """Return the outline's radius (P,) in the direction and at the height of each point (P, 3)."""
    rows, sectors = radius.shape
    out = np.empty(points.shape[0], np.float32)
    for i in range(points.shape[0]):
        row = min(max((top - points[i, 1]) / step, 0.0), rows - 1.001)
        sector = atan2(points[i, 0] - x, points[i, 2] - z) * (sectors / (2 * math.pi))
        a, b = math.floor(row), math.floor(sector)
        s, t = np.float32(row - a), np.float32(sector - b)
        c, d = b % sectors, (b + 1) % sectors
        upper = radius[a, c] * (1 - t) + radius[a, d] * t
        lower = radius[a + 1, c] * (1 - t) + radius[a + 1, d] * t
        out[i] = upper * (1 - s) + lower * s
    return out
