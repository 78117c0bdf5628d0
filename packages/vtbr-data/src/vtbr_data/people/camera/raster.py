"""Triangles to pixels: projection and the z-buffer.

V vertices, T triangles, H x W samples.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from .compiled import compiled

F = np.float32
Floats = NDArray[np.float32]
Ints = NDArray[np.int32]

_EDGE = F(-1e-5)
_NEAR = F(3.3)
"""Inverse of the nearest depth in metres that is shown: what is nearer than 0.3 m is left out."""


@compiled
def project(position: Floats, eye: Floats, axes: Floats, out: Floats) -> None:
    """Project `position` (V, 3), in metres, into `out` (V, 3): slopes to the right and down, 1 / depth.

    `axes` (3, 3) are the camera's unit vectors right, up and forward. What lies behind the camera gets an
    inverse depth of 0.
    """
    for i in range(position.shape[0]):
        x = position[i, 0] - eye[0]
        y = position[i, 1] - eye[1]
        z = position[i, 2] - eye[2]
        depth = axes[2, 0] * x + axes[2, 1] * y + axes[2, 2] * z
        inverse = F(1.0) / depth if depth > F(0.01) else F(0.0)
        out[i, 0] = (axes[0, 0] * x + axes[0, 1] * y + axes[0, 2] * z) * inverse
        out[i, 1] = -(axes[1, 0] * x + axes[1, 1] * y + axes[1, 2] * z) * inverse
        out[i, 2] = inverse


@compiled
def place(
    screen: Floats, scale_x: np.float32, shift_x: np.float32, scale_y: np.float32, shift_y: np.float32
) -> None:
    """Turn slopes (V, 3) into sample coordinates, in place."""
    for i in range(screen.shape[0]):
        screen[i, 0] = screen[i, 0] * scale_x + shift_x
        screen[i, 1] = screen[i, 1] * scale_y + shift_y


@compiled
def rasterise(
    screen: Floats,
    triangle: Ints,
    material: NDArray[np.uint8],
    two_sided: NDArray[np.bool_],
    first: int,
    nearness: Floats,
    index: Ints,
    weight: Floats,
) -> None:
    """Draw triangles (T, 3) into the z-buffer.

    `screen` (V, 3) holds x and y in samples and 1 / depth. Changed in place: `nearness` (H, W), the largest
    1 / depth; `index` (H, W), `first` plus the number of the nearest triangle; `weight` (H, W, 2), the shares
    of its first and second vertex, correct in perspective. Triangles (T,) whose `material` is not
    `two_sided` (M,) are left out when they turn their back; so is what is nearer than 0.3 m.
    """
    height, width = nearness.shape
    for t in range(triangle.shape[0]):
        a, b, c = triangle[t, 0], triangle[t, 1], triangle[t, 2]
        wa, wb, wc = screen[a, 2], screen[b, 2], screen[c, 2]
        if not (F(0.0) < wa < _NEAR and F(0.0) < wb < _NEAR and F(0.0) < wc < _NEAR):
            continue
        xa, ya = screen[a, 0], screen[a, 1]
        xb, yb = screen[b, 0], screen[b, 1]
        xc, yc = screen[c, 0], screen[c, 1]
        area = (yb - yc) * (xa - xc) + (xc - xb) * (ya - yc)
        if area > F(-1e-9) and not (two_sided[material[t]] and area > F(1e-9)):
            continue
        left = max(F(0.0), min(xa, xb, xc) - F(0.5))
        right = min(F(width) - F(1.0), max(xa, xb, xc) - F(0.5))
        top = max(F(0.0), min(ya, yb, yc) - F(0.5))
        bottom = min(F(height) - F(1.0), max(ya, yb, yc) - F(0.5))
        if left > right or top > bottom:
            continue
        x_first, x_last = math.ceil(left), math.floor(right)
        y_first, y_last = math.ceil(top), math.floor(bottom)
        if x_first > x_last or y_first > y_last:
            continue
        inverse = F(1.0) / area
        a_dx, a_dy = (yb - yc) * inverse, (xc - xb) * inverse
        b_dx, b_dy = (yc - ya) * inverse, (xa - xc) * inverse
        for y in range(y_first, y_last + 1):
            dy = F(y) + F(0.5) - yc
            for x in range(x_first, x_last + 1):
                dx = F(x) + F(0.5) - xc
                share_a = a_dx * dx + a_dy * dy
                share_b = b_dx * dx + b_dy * dy
                share_c = F(1.0) - share_a - share_b
                if share_a < _EDGE or share_b < _EDGE or share_c < _EDGE:
                    continue
                near = share_a * wa + share_b * wb + share_c * wc
                if near <= nearness[y, x]:
                    continue
                depth = F(1.0) / near
                share_a *= wa * depth
                share_b *= wb * depth
                nearness[y, x] = near
                index[y, x] = first + t
                weight[y, x, 0] = share_a
                weight[y, x, 1] = share_b


@compiled
def normals(position: Floats, triangle: Ints, out: Floats) -> None:
    """Unit normals (V, 3) of the vertices: the mean of their triangles', weighted by area."""
    out[:] = F(0.0)
    for t in range(triangle.shape[0]):
        a, b, c = triangle[t, 0], triangle[t, 1], triangle[t, 2]
        ux = position[b, 0] - position[a, 0]
        uy = position[b, 1] - position[a, 1]
        uz = position[b, 2] - position[a, 2]
        wx = position[c, 0] - position[a, 0]
        wy = position[c, 1] - position[a, 1]
        wz = position[c, 2] - position[a, 2]
        nx, ny, nz = uy * wz - uz * wy, uz * wx - ux * wz, ux * wy - uy * wx
        for k in range(3):
            vertex = triangle[t, k]
            out[vertex, 0] += nx
            out[vertex, 1] += ny
            out[vertex, 2] += nz
    for i in range(out.shape[0]):
        x, y, z = out[i, 0], out[i, 1], out[i, 2]
        inverse = F(1.0) / (math.sqrt(x * x + y * y + z * z) + F(1e-12))
        out[i, 0] = x * inverse
        out[i, 1] = y * inverse
        out[i, 2] = z * inverse
