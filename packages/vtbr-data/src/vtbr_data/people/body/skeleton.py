"""Turns bones and moves the points that hang on them.

B bones, V points. A pose is a rotation (B, 3, 3) of each bone relative to its parent, in the body's own axes
(x to the person's left, y up, z forward), not in the bone's.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ..compiled import compiled
from ..exact import cos, sin
from .baking import BONES, PARENTS

Floats = NDArray[np.float32]

BONE = {name: index for index, name in enumerate(BONES)}
_PARENTS = np.array(PARENTS)


def turn(axis: int, angle: float) -> NDArray[np.float64]:
    """Return the rotation (3, 3) by `angle` radians about x (0), y (1) or z (2)."""
    matrix = np.eye(3)
    i, j = (axis + 1) % 3, (axis + 2) % 3
    matrix[i, i] = matrix[j, j] = cos(angle)
    matrix[j, i] = sin(angle)
    matrix[i, j] = -matrix[j, i]
    return matrix


def turn_about(axis: NDArray[np.float64], angle: float) -> NDArray[np.float64]:
    """Return the rotation (3, 3) by `angle` radians about the vector `axis`."""
    x, y, z = axis / math.sqrt(axis[0] ** 2 + axis[1] ** 2 + axis[2] ** 2)
    s, c = sin(angle), cos(angle)
    d = 1 - c
    return np.array(
        [
            [c + d * x * x, d * x * y - s * z, d * x * z + s * y],
            [d * x * y + s * z, c + d * y * y, d * y * z - s * x],
            [d * x * z - s * y, d * y * z + s * x, c + d * z * z],
        ]
    )


def chain(*matrices: NDArray[np.float64]) -> NDArray[np.float64]:
    """Multiply 3 x 3 matrices; the last is applied first. No BLAS: its sums differ between processors."""
    product = matrices[0]
    for matrix in matrices[1:]:
        product = (product[:, :1] * matrix[:1] + product[:, 1:2] * matrix[1:2]) + product[:, 2:] * matrix[2:]
    return product


def forward(local: NDArray[np.float64], joints: Floats) -> tuple[Floats, Floats]:
    """Return rotations (B, 3, 3) and places (B, 3) of the bones in space, pelvis unmoved; `joints` (B, 3) at rest."""
    return _forward(local, joints, _PARENTS)


@compiled
def _forward(local: NDArray[np.float64], joints: Floats, parents: NDArray[np.int64]) -> tuple[Floats, Floats]:
    count = parents.shape[0]
    rotations = np.empty((count, 3, 3), np.float32)
    places = np.empty((count, 3), np.float32)
    for j in range(count):
        p = parents[j]
        for a in range(3):
            if p < 0:
                places[j, a] = joints[j, a]
                for b in range(3):
                    rotations[j, a, b] = local[j, a, b]
            else:
                place = places[p, a]
                for c in range(3):
                    place += rotations[p, a, c] * (joints[j, c] - joints[p, c])
                places[j, a] = place
                for b in range(3):
                    total = np.float32(0)
                    for c in range(3):
                        total += rotations[p, a, c] * np.float32(local[j, c, b])
                    rotations[j, a, b] = total
    return rotations, places


@compiled
def skin(
    points: Floats,
    normals: Floats,
    index: NDArray[np.int32],
    weight: Floats,
    rotations: Floats,
    places: Floats,
    joints: Floats,
    out: Floats,
    out_normals: Floats,
) -> None:
    """Move points and normals (V, 3) with their four bones (V, 4): linear blend skinning into `out`, `out_normals`."""
    count = rotations.shape[0]
    shifts = np.empty((count, 3), np.float32)
    for j in range(count):
        for a in range(3):
            shift = places[j, a]
            for c in range(3):
                shift -= rotations[j, a, c] * joints[j, c]
            shifts[j, a] = shift
    m = np.empty((3, 4), np.float32)
    for i in range(points.shape[0]):
        m[:] = np.float32(0)
        for k in range(4):
            w = weight[i, k]
            if w > np.float32(0):
                j = index[i, k]
                for a in range(3):
                    m[a, 0] += w * rotations[j, a, 0]
                    m[a, 1] += w * rotations[j, a, 1]
                    m[a, 2] += w * rotations[j, a, 2]
                    m[a, 3] += w * shifts[j, a]
        x, y, z = points[i, 0], points[i, 1], points[i, 2]
        u, v, t = normals[i, 0], normals[i, 1], normals[i, 2]
        nx = m[0, 0] * u + m[0, 1] * v + m[0, 2] * t
        ny = m[1, 0] * u + m[1, 1] * v + m[1, 2] * t
        nz = m[2, 0] * u + m[2, 1] * v + m[2, 2] * t
        scale = np.float32(1) / (math.sqrt(nx * nx + ny * ny + nz * nz) + np.float32(1e-12))
        for a in range(3):
            out[i, a] = m[a, 0] * x + m[a, 1] * y + m[a, 2] * z + m[a, 3]
        out_normals[i, 0] = nx * scale
        out_normals[i, 1] = ny * scale
        out_normals[i, 2] = nz * scale
