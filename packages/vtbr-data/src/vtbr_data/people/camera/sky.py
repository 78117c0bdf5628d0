"""How much of the sky each point sees.

V vertices.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ..compiled import compiled
from .light import NOTHING, frame_of

F = np.float32
Floats = NDArray[np.float32]
Ints = NDArray[np.int32]

SKY_DIRECTIONS = 10


def _sky() -> Floats:
    """Return the directions spread over the upper half sphere by the golden angle, (10, 3)."""
    rows = []
    for k in range(SKY_DIRECTIONS):
        y = 0.12 + 0.85 * (k + 0.5) / SKY_DIRECTIONS
        around, side = k * 2.399963, math.sqrt(1 - y * y)
        rows.append((side * math.cos(around), y, side * math.sin(around)))
    return np.array(rows, dtype=np.float32)


SKY = _sky()
SKY_FRAMES = np.stack([frame_of(direction) for direction in SKY])
"""(10, 3, 3)"""

GRID = 20
GRID_STEP = F(0.13)
"""The ground around a person whose share of the sky is known: points each way, metres between them."""

_CELLS = 24
_CELLS_A_METRE = F(_CELLS * 2 / 2.2)
_OUTSIDE = _CELLS * 2 * _CELLS
"""Cell of what lies beside the map; nothing stands before it."""
_BIAS = F(0.055)


@compiled
def sky_light(
    position: Floats,
    normal: Floats,
    radiance: Floats,
    frames: Floats,
    centre: Floats,
    out: Floats,
    ground: Floats,
) -> None:
    """Measure how much of the sky each vertex and the ground around the person see.

    The sky is `radiance` (K,) from the directions of `frames` (K, 3, 3). `out` (V, 4) becomes the vector
    irradiance: light on a surface of normal n is out[0] + n · out[1:]. `ground` (GRID, GRID) becomes the
    share that reaches the ground around `centre` (3,), its rows along z. Visibility is read from depth maps
    of the vertices alone, which is coarse (9 cm) and fast.
    """
    count = position.shape[0]
    depth = np.empty(_OUTSIDE + 1, np.float32)
    cell, near = np.empty(count, np.int32), np.empty(count, np.float32)
    x, y, z = position[:, 0].copy(), position[:, 1].copy(), position[:, 2].copy()
    out[:] = F(0.0)
    ground[:] = F(0.0)
    for k in range(radiance.shape[0]):
        frame = frames[k]
        _map_depth(x, y, z, frame, centre, cell, near, depth)
        _light_vertices(normal, frame, radiance[k], cell, near, depth, out)
        _light_ground(frame, radiance[k], centre, depth, ground)


@compiled
def _map_depth(
    x: Floats, y: Floats, z: Floats, frame: Floats, centre: Floats, cell: Ints, near: Floats, depth: Floats
) -> None:
    """Find the cell of each vertex (V,), how `near` (V,) the light it is, and the nearest in each cell."""
    shift = _middle_of(frame, centre)
    for i in range(x.shape[0]):
        u = (x[i] * frame[0, 0] + y[i] * frame[0, 1] + z[i] * frame[0, 2]) * _CELLS_A_METRE + shift[0]
        v = (x[i] * frame[1, 0] + y[i] * frame[1, 1] + z[i] * frame[1, 2]) * _CELLS_A_METRE + shift[1]
        near[i] = x[i] * frame[2, 0] + y[i] * frame[2, 1] + z[i] * frame[2, 2]
        cell[i] = _cell(u, v)
    depth[:] = NOTHING
    for i in range(x.shape[0]):
        depth[cell[i]] = max(near[i], depth[cell[i]])
    depth[_OUTSIDE] = NOTHING


@compiled
def _middle_of(frame: Floats, centre: Floats) -> tuple[np.float32, np.float32]:
    """Return what to add to cell coordinates so that `centre` lies in the middle of the map."""
    u = centre[0] * frame[0, 0] + centre[1] * frame[0, 1] + centre[2] * frame[0, 2]
    v = centre[0] * frame[1, 0] + centre[1] * frame[1, 1] + centre[2] * frame[1, 2]
    return F(_CELLS / 2) - u * _CELLS_A_METRE, F(_CELLS) - v * _CELLS_A_METRE


@compiled
def _cell(u: np.float32, v: np.float32) -> int:
    is_inside = (u >= F(0.0)) & (u < F(_CELLS)) & (v >= F(0.0)) & (v < F(2 * _CELLS))
    return int(v) * _CELLS + int(u) if is_inside else _OUTSIDE


@compiled
def _light_vertices(
    normal: Floats, frame: Floats, bright: np.float32, cell: Ints, near: Floats, depth: Floats, out: Floats
) -> None:
    """Add the light from one direction to the vertices (V, 4) that it reaches."""
    dx, dy, dz = frame[2, 0], frame[2, 1], frame[2, 2]
    for i in range(cell.shape[0]):
        is_facing = normal[i, 0] * dx + normal[i, 1] * dy + normal[i, 2] * dz >= F(-0.3)
        is_seen = is_facing & (depth[cell[i]] <= near[i] + _BIAS)
        light = bright if is_seen else F(0.0)
        half = F(0.5) * light
        out[i, 0] += F(0.25) * light
        out[i, 1] += half * dx
        out[i, 2] += half * dy
        out[i, 3] += half * dz


@compiled
def _light_ground(frame: Floats, bright: np.float32, centre: Floats, depth: Floats, ground: Floats) -> None:
    """Add the light from one direction to the ground (GRID, GRID) where it reaches it."""
    grid = ground.shape[0]
    shift = _middle_of(frame, centre)
    for row in range(grid):
        z = centre[2] + (F(row) - F(grid - 1) * F(0.5)) * GRID_STEP
        for column in range(grid):
            x = centre[0] + (F(column) - F(grid - 1) * F(0.5)) * GRID_STEP
            u = (x * frame[0, 0] + z * frame[0, 2]) * _CELLS_A_METRE + shift[0]
            v = (x * frame[1, 0] + z * frame[1, 2]) * _CELLS_A_METRE + shift[1]
            if depth[_cell(u, v)] <= x * frame[2, 0] + z * frame[2, 2] + F(0.02):
                ground[row, column] += bright * frame[2, 1]


def sky_radiance(brighter: Floats, contrast: float) -> Floats:
    """Return the radiance from the ten directions, (10,): more from where `brighter`
    (3,) points, on the ground 1 in sum.
    """
    towards = SKY[:, 0] * brighter[0] + SKY[:, 1] * brighter[1] + SKY[:, 2] * brighter[2]
    radiance = (F(1.0) + F(contrast) * towards).clip(0.15, 3.0).astype(np.float32)
    total = F(0.0)
    for value in radiance * SKY[:, 1]:
        total += value
    return np.asarray(radiance / total, np.float32)


def open_sky(count: int) -> Floats:
    """Return the vector irradiance (V, 4) where nothing hides the sky: half from above, as `sky_light` gives it."""
    out = np.zeros((count, 4), dtype=np.float32)
    out[:, 0] = out[:, 2] = 0.5
    return out
