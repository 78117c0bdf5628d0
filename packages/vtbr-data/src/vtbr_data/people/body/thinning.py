"""Leaves out of a mesh what cannot be seen, and thins the rest by merging nearby vertices."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

DIRECTIONS = 60
CELL = 0.05
"""Size of a depth map's cells, decimetres."""


def seen_from_outside(points: Array, faces: Ints) -> NDArray[np.bool_]:
    """Tell which faces (F,) a depth map from one of `DIRECTIONS` directions shows: not the inner mouth."""
    samples = _samples(points, faces)
    edges = points[faces[:, 1]] - points[faces[:, 0]], points[faces[:, 2]] - points[faces[:, 0]]
    normals = np.cross(*edges)
    seen = np.zeros(len(faces), dtype=np.int64)
    for direction in _sphere(DIRECTIONS):
        right = np.cross(direction, [0.31, 0.92, 0.24])
        right /= np.sqrt((right * right).sum())
        up = np.cross(right, direction)
        column, row, depth = (_dot(samples, axis) for axis in (right, up, direction))
        cell = np.floor(column / CELL).astype(np.int64) * 4096 + np.floor(row / CELL).astype(np.int64)
        cells, inverse = np.unique(cell, return_inverse=True)
        nearest = np.full(len(cells), -np.inf)
        np.maximum.at(nearest, inverse.ravel(), depth.ravel())
        visible = (depth > nearest[inverse].reshape(depth.shape) - 0.06).any(axis=1)
        seen += visible & (_dot(normals, direction) > 0)
    return seen >= 2


def thin(points: Array, faces: Ints, size: Array) -> Ints:
    """Return the faces after merging vertices that share a cell; `size[v]` is the edge of v's cell, decimetres.

    A cell is represented by the vertex nearest to the mean of its vertices.
    """
    ids = np.unique(faces)
    # Shifted by half a cell, so that the plane of symmetry runs through the middle of cells.
    key = np.floor(points[ids] / size[ids, None] + 0.5).astype(np.int64)
    key = np.concatenate([key, (size[ids, None] * 100).astype(np.int64)], axis=1)
    _, inverse = np.unique(key, axis=0, return_inverse=True)
    inverse = inverse.ravel()
    count = np.bincount(inverse)
    centre = np.stack([np.bincount(inverse, points[ids, axis]) / count for axis in range(3)], axis=1)
    distance = ((points[ids] - centre[inverse]) ** 2).sum(axis=1)
    order = np.lexsort((np.arange(len(ids)), distance, inverse))
    first = np.concatenate([[True], inverse[order][1:] != inverse[order][:-1]])
    representative = ids[order[first]]
    cell_of = np.full(len(points), -1)
    cell_of[ids] = inverse
    merged = cell_of[faces]
    a, b, c = merged.T
    merged = merged[(a != b) & (b != c) & (a != c)]
    _, unique = np.unique(np.sort(merged, axis=1), axis=0, return_index=True)
    return np.asarray(representative[merged[np.sort(unique)]])


def _samples(points: Array, faces: Ints) -> Array:
    """Return ten points (F, 10, 3) on each face."""
    steps = [(i / 3, j / 3) for i in range(4) for j in range(4 - i)]
    a, b, c = (points[faces[:, corner]] for corner in range(3))
    return np.stack([a * (1 - s - t) + b * s + c * t for s, t in steps], axis=1)


def _sphere(count: int) -> Array:
    """Return the unit vectors (count, 3), evenly spread: Fibonacci's spiral."""
    place = np.arange(count) + 0.5
    y = 1 - 2 * place / count
    angles = place * math.pi * (3 - math.sqrt(5.0))
    radius = np.sqrt(1 - y * y)
    # NumPy's own sines differ between processors.
    cos, sin = (np.array([function(angle) for angle in angles]) for function in (math.cos, math.sin))
    return np.stack([cos * radius, y, sin * radius], axis=1)


def _dot(points: Array, axis: Array) -> Array:
    x, y, z = points[..., 0] * axis[0], points[..., 1] * axis[1], points[..., 2] * axis[2]
    return np.asarray((x + y) + z)
