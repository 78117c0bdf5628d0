"""Cloth that hangs freely around the body: skirts, coat tails, robes, curtains of hair, scarves, collars.

A tube is a grid (R rows from the top down, C columns around) that surrounds what is inside it. Skirts and
coats are hung anew in every pose, around the legs as they stand then; nothing is ever pushed through by a
knee.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..compiled import compiled
from ..exact import cos, sin
from .hull import fill, let_hang, smooth, span_hollows, splat

Floats = NDArray[np.float32]

SECTORS = 28


@dataclass(frozen=True, slots=True)
class Cut:
    """How a tube is cut."""

    top: float
    """Metres; of a hung tube above the soles of the body at rest."""
    bottom: float
    ease: float
    """Metres between it and what it surrounds."""
    flare: float = 0.0
    """Widening, metres a metre."""
    gathering: float = 0.0
    """How much it is drawn in towards what it surrounds, share a metre."""
    gap: float = 0.0
    """Half the angle it stands open in front, radians."""
    wave: float = 0.0
    """Height of its folds at the lower edge, metres."""
    waves: int = 8
    phase: float = 0.0
    hollows: int = 5
    """Sectors over which it spans hollows."""

    @property
    def rows(self) -> int:
        """R, one every five centimetres or so."""
        return max(2, round((self.top - self.bottom) / 0.05) + 1)


def tube_faces(rows: int) -> NDArray[np.int32]:
    """Return the triangles (F, 3) of a tube's grid."""
    columns = SECTORS + 1
    row, column = np.mgrid[: rows - 1, :SECTORS]
    a = (row * columns + column).ravel()
    quads = np.stack([a, a + columns, a + columns + 1, a, a + columns + 1, a + 1], axis=1)
    return quads.reshape(-1, 3).astype(np.int32)


def tube_pattern(cut: Cut, radius: float) -> Floats:
    """Return the metres across and along the cloth (R * C, 2)."""
    row, column = np.mgrid[: cut.rows, : SECTORS + 1]
    around = (column / SECTORS - 0.5) * 2 * math.pi * radius
    along = cut.top + (cut.bottom - cut.top) * row / (cut.rows - 1)
    return np.stack([around.ravel(), along.ravel()], axis=1).astype(np.float32)


def hang(cut: Cut, samples: Floats, axis: tuple[float, float], top: float) -> tuple[Floats, Floats]:
    """Hang a tube around `samples` (S, 3): points and normals (R * C, 3); its upper edge is at height `top`."""
    points = np.empty((cut.rows * (SECTORS + 1), 3), np.float32)
    normals = np.empty_like(points)
    step = (cut.top - cut.bottom) / (cut.rows - 1)
    shape = (cut.ease, cut.flare, cut.gathering, cut.gap, cut.wave, float(cut.waves), cut.phase)
    _hang(samples, axis[0], axis[1], top, step, cut.hollows, shape, points, normals)
    return points, normals


@compiled
def _hang(
    samples: Floats,
    x: float,
    z: float,
    top: float,
    step: float,
    hollows: int,
    shape: tuple[float, float, float, float, float, float, float],
    points: Floats,
    normals: Floats,
) -> None:
    ease, flare, gathering, gap, wave, waves, phase = shape
    columns = SECTORS + 1
    rows = points.shape[0] // columns
    radius = np.zeros((rows, SECTORS), np.float32)
    splat(samples, x, z, top, step, radius)
    fill(radius)
    span_hollows(radius, hollows)
    let_hang(radius, step, flare, gathering)
    smooth(radius, 2)
    for c in range(columns):
        angle = gap + (2 * math.pi - 2 * gap) * c / SECTORS
        place = angle * (SECTORS / (2 * math.pi))
        left = int(place)
        share = np.float32(place - left)
        s, t = np.float32(sin(angle)), np.float32(cos(angle))
        ripple = wave * sin(angle * waves + phase)
        for r in range(rows):
            low = r / (rows - 1)
            inner = radius[r, left % SECTORS] * (1 - share) + radius[r, (left + 1) % SECTORS] * share
            # Begins just under what it hangs from.
            away = min(ease, ease * (low * (rows - 1) - 0.6) / 1.5)
            reach = inner + np.float32(away + max(ripple, -ease * 0.5) * low)
            k = r * columns + c
            points[k, 0] = np.float32(x) + s * reach
            points[k, 1] = np.float32(top - r * step)
            points[k, 2] = np.float32(z) + t * reach
    _grid_normals(points, rows, gap == 0, normals)


@compiled
def _grid_normals(points: Floats, rows: int, closed: bool, normals: Floats) -> None:
    columns = SECTORS + 1
    for r in range(rows):
        above, below = max(r - 1, 0) * columns, min(r + 1, rows - 1) * columns
        for c in range(columns):
            before, after = max(c - 1, 0), min(c + 1, columns - 1)
            if closed and c == 0:
                before = columns - 2
            elif closed and c == columns - 1:
                after = 1
            a, b = r * columns + before, r * columns + after
            ux, uy, uz = points[b, 0] - points[a, 0], points[b, 1] - points[a, 1], points[b, 2] - points[a, 2]
            a, b = below + c, above + c
            vx, vy, vz = points[b, 0] - points[a, 0], points[b, 1] - points[a, 1], points[b, 2] - points[a, 2]
            nx, ny, nz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
            scale = np.float32(1) / np.float32(math.sqrt(nx * nx + ny * ny + nz * nz) + 1e-9)
            k = r * columns + c
            normals[k, 0], normals[k, 1], normals[k, 2] = nx * scale, ny * scale, nz * scale
