"""Triangles to pixels: projection and the z-buffer.

V vertices, T triangles, H x W samples.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..compiled import borrowed, compiled, inlined
from ..exact import floored

F = np.float32
Floats = NDArray[np.float32]
Ints = NDArray[np.int32]

OVERSAMPLING = 2
"""Samples a pixel, each way."""

Box = tuple[int, int, int, int]
"""Left, top, right and bottom of a rectangle of samples; right and bottom are the first outside."""


class Samples(NamedTuple):
    """The z-buffer."""

    nearness: Floats
    """(H, W), 1 / depth of what is seen; 0 nothing."""
    triangle: Ints
    """(H, W), its number; -1 nothing."""
    weight: Floats
    """(H, W, 2), the shares of its first and second corner."""


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
    samples: Samples,
) -> Box:
    """Draw triangles (T, 3) into the z-buffer; return what bounds them.

    `screen` (V, 3) holds x and y in samples and 1 / depth. Triangles are numbered from `first`; their shares are
    correct in perspective. Triangles (T,) whose `material` is not `two_sided` (M,) are left out when they turn
    their back; so is what is nearer than 0.3 m.
    """
    nearness, drawn = borrowed(samples.nearness), borrowed(samples.triangle)
    weight = borrowed(samples.weight)
    height, width = drawn.shape
    left, top, right, bottom = width, height, 0, 0
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
        x_first, x_last = covered(xa, xb, xc, width)
        y_first, y_last = covered(ya, yb, yc, height)
        if x_first > x_last or y_first > y_last:
            continue
        left, right = min(left, x_first), max(right, x_last + 1)
        top, bottom = min(top, y_first), max(bottom, y_last + 1)
        inverse = F(1.0) / area
        slopes = (yb - yc) * inverse, (xc - xb) * inverse, (yc - ya) * inverse, (xa - xc) * inverse
        for y in range(y_first, y_last + 1):
            dy = F(y) + F(0.5) - yc
            for x in range(x_first, x_last + 1):
                _draw(nearness, drawn, weight, x, y, F(x) + F(0.5) - xc, dy, slopes, (wa, wb, wc), first + t)
    return left, top, right, bottom


@inlined
def covered(a: np.float32, b: np.float32, c: np.float32, size: int) -> tuple[int, int]:
    """Return the first and the last sample whose middle may lie between three corners, along one axis of `size`."""
    low = max(F(0.0), min(a, b, c) - F(0.5))
    high = min(F(size) - F(1.0), max(a, b, c) - F(0.5))
    if low > high:
        return 0, -1
    return -floored(-low), floored(high)


@inlined
def _draw(
    nearness: Floats,
    triangle: Ints,
    weight: Floats,
    x: int,
    y: int,
    dx: np.float32,
    dy: np.float32,
    slopes: tuple[np.float32, np.float32, np.float32, np.float32],
    near: tuple[np.float32, np.float32, np.float32],
    number: int,
) -> None:
    """Enters a triangle where it covers a sample and is the nearest so far; `near` its corners' 1 / depth."""
    share_a = slopes[0] * dx + slopes[1] * dy
    share_b = slopes[2] * dx + slopes[3] * dy
    share_c = F(1.0) - share_a - share_b
    if share_a >= _EDGE and share_b >= _EDGE and share_c >= _EDGE:
        own = share_a * near[0] + share_b * near[1] + share_c * near[2]
        if own > nearness[y, x]:
            depth = F(1.0) / own
            nearness[y, x] = own
            triangle[y, x] = number
            weight[y, x, 0] = share_a * (near[0] * depth)
            weight[y, x, 1] = share_b * (near[1] * depth)
