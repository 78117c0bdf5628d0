"""Light: what shines in a place, and the shadow of its key light.

V vertices, T triangles.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..compiled import borrowed, compiled, inlined
from .mesh import Mesh
from .noise import CLOUDS, layer_at
from .raster import covered

F = np.float32
Floats = NDArray[np.float32]
Ints = NDArray[np.int32]


class Light(NamedTuple):
    """Everything that lights a picture; colours are linear RGB, an overcast noon is about 1."""

    direction: Floats
    """(3,), unit vector towards the key light: sun or lamp."""
    key: Floats
    """(3,), its colour; zeros when there is none."""
    sky: Floats
    """(3,), colour of the light from all over the sky."""
    bounce: Floats
    """(3,), colour of the light that the ground throws back."""
    pool: Floats
    """(3,), where a lamp's light falls: x, z in metres and 1 / radius²; 0 for the sun, which falls everywhere."""
    dapple: Floats
    """(5,), shade of trees and houses on the key light: strength, periods a metre, offsets x and z, threshold."""
    fog: Floats
    """(4,), extinction a metre and colour."""
    cover: Floats
    """(2,), how far the ground is covered with snow, and how wet it is, in [0, 1]."""


class Shadow(NamedTuple):
    """What stands in the key light, seen from it: a depth map on a plane."""

    depth: Floats
    """(H, W), distance towards the light, the largest that covers the point."""
    frame: Floats
    """(3, 3), unit vectors right, up, and towards the light."""
    centre: Floats
    """(2,), what the middle of the map shows, along right and up."""
    scale: np.float32
    """Points of the map a metre."""


NOTHING = F(-1e9)
"""Of a depth map where nothing stands in the light."""
_SIZE = (176, 112)
_REACH = 2.5
"""Height in metres that a shadow map shows."""


def shadow_of(meshes: Sequence[Mesh], centre: Floats, direction: Floats) -> Shadow:
    """Return the depth map of what stands within about a metre of `centre` (3,), seen from the light."""
    frame = frame_of(direction)
    middle = np.array(
        [(frame[0] * centre).sum(dtype=np.float32), (frame[1] * centre).sum(dtype=np.float32)],
        dtype=np.float32,
    )
    scale = F(_SIZE[0] / _REACH)
    depth = np.full(_SIZE, NOTHING, dtype=np.float32)
    for mesh in meshes:
        _add_depth(mesh.vertices, mesh.faces, frame, middle, scale, depth)
    return Shadow(depth, frame, middle, scale)


def no_shadow() -> Shadow:
    """Return a map in which nothing stands in the light."""
    return Shadow(
        np.full((1, 1), NOTHING, np.float32), np.eye(3, dtype=np.float32), np.zeros(2, np.float32), F(1.0)
    )


def frame_of(direction: Floats) -> Floats:
    """Return the unit vectors right, up and `direction` itself, (3, 3)."""
    x, y, z = (float(value) for value in direction)
    side = math.hypot(x, z)
    right = (z / side, 0.0, -x / side) if side > 1e-6 else (1.0, 0.0, 0.0)
    up = (y * right[2] - z * right[1], z * right[0] - x * right[2], x * right[1] - y * right[0])
    return np.array([right, up, (x, y, z)], dtype=np.float32)


@inlined
def borrowed_light(light: Light) -> Light:
    """Return the light without counting references; see `borrowed`."""
    return Light(
        borrowed(light.direction), borrowed(light.key), borrowed(light.sky), borrowed(light.bounce),
        borrowed(light.pool), borrowed(light.dapple), borrowed(light.fog), borrowed(light.cover),
    )  # fmt: skip


@inlined
def borrowed_shadow(shadow: Shadow) -> Shadow:
    """Return the shadow without counting references; see `borrowed`."""
    return Shadow(borrowed(shadow.depth), borrowed(shadow.frame), borrowed(shadow.centre), shadow.scale)


@inlined
def lit(shadow: Shadow, x: np.float32, y: np.float32, z: np.float32, bias: np.float32) -> np.float32:
    """Return the share of the key light that reaches a point, in [0, 1], between the map's points bilinear."""
    frame, depth = shadow.frame, shadow.depth
    height, width = depth.shape
    u = (x * frame[0, 0] + y * frame[0, 1] + z * frame[0, 2] - shadow.centre[0]) * shadow.scale
    v = (x * frame[1, 0] + y * frame[1, 1] + z * frame[1, 2] - shadow.centre[1]) * shadow.scale
    u += F(width) * F(0.5) - F(0.5)
    v += F(height) * F(0.5) - F(0.5)
    if not (F(0.0) <= u < F(width) - F(1.0) and F(0.0) <= v < F(height) - F(1.0)):
        return F(1.0)
    here = x * frame[2, 0] + y * frame[2, 1] + z * frame[2, 2] + bias
    i, j = int(v), int(u)
    fv, fu = v - F(i), u - F(j)
    seen = F(0.0)
    if depth[i, j] <= here:
        seen += (F(1.0) - fv) * (F(1.0) - fu)
    if depth[i, j + 1] <= here:
        seen += (F(1.0) - fv) * fu
    if depth[i + 1, j] <= here:
        seen += fv * (F(1.0) - fu)
    if depth[i + 1, j + 1] <= here:
        seen += fv * fu
    return seen


@inlined
def dappled(
    dapple: Floats, noise: Floats, x: np.float32, y: np.float32, z: np.float32, direction: Floats
) -> np.float32:
    """Return the share of the key light that leaves and roofs let through to a point, in [0, 1].

    `noise` are the layers of `noise.layers`; the shade falls along the light's `direction`.
    """
    if dapple[0] <= F(0.0):
        return F(1.0)
    slope = y / max(direction[1], F(0.2))
    u = (x - direction[0] * slope) * dapple[1] + dapple[2]
    v = (z - direction[2] * slope) * dapple[1] + dapple[3]
    value = layer_at(noise, CLOUDS, u, v)
    share: np.float32 = F(1.0) - dapple[0] * min(F(1.0), max(F(0.0), (value - dapple[4]) * F(4.0) + F(0.5)))
    return share


@inlined
def pooled(pool: Floats, x: np.float32, z: np.float32) -> np.float32:
    """Return the share of a lamp's light that reaches a place on the ground, in (0, 1]; 1 in the sun."""
    dx, dz = x - pool[0], z - pool[1]
    fade: np.float32 = F(1.0) / (F(1.0) + (dx * dx + dz * dz) * pool[2])
    return fade * fade


@compiled
def _add_depth(
    position: Floats, triangle: Ints, frame: Floats, centre: Floats, scale: np.float32, depth: Floats
) -> None:
    height, width = depth.shape
    count = position.shape[0]
    point = np.empty((count, 3), np.float32)
    for i in range(count):
        x, y, z = position[i, 0], position[i, 1], position[i, 2]
        u = x * frame[0, 0] + y * frame[0, 1] + z * frame[0, 2] - centre[0]
        v = x * frame[1, 0] + y * frame[1, 1] + z * frame[1, 2] - centre[1]
        point[i, 0] = u * scale + F(width) * F(0.5)
        point[i, 1] = v * scale + F(height) * F(0.5)
        point[i, 2] = x * frame[2, 0] + y * frame[2, 1] + z * frame[2, 2]
    for t in range(triangle.shape[0]):
        a, b, c = triangle[t, 0], triangle[t, 1], triangle[t, 2]
        xa, ya = point[a, 0], point[a, 1]
        xb, yb = point[b, 0], point[b, 1]
        xc, yc = point[c, 0], point[c, 1]
        area = (yb - yc) * (xa - xc) + (xc - xb) * (ya - yc)
        if -F(1e-7) < area < F(1e-7):
            continue
        x_first, x_last = covered(xa, xb, xc, width)
        y_first, y_last = covered(ya, yb, yc, height)
        inverse = F(1.0) / area
        a_dx, a_dy = (yb - yc) * inverse, (xc - xb) * inverse
        b_dx, b_dy = (yc - ya) * inverse, (xa - xc) * inverse
        for y_ in range(y_first, y_last + 1):
            dy = F(y_) + F(0.5) - yc
            for x_ in range(x_first, x_last + 1):
                dx = F(x_) + F(0.5) - xc
                share_a = a_dx * dx + a_dy * dy
                share_b = b_dx * dx + b_dy * dy
                share_c = F(1.0) - share_a - share_b
                if share_a < F(-1e-5) or share_b < F(-1e-5) or share_c < F(-1e-5):
                    continue
                near = share_a * point[a, 2] + share_b * point[b, 2] + share_c * point[c, 2]
                if near > depth[y_, x_]:
                    depth[y_, x_] = near
