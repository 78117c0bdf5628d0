"""Ground, walls and sky behind everybody: cast from each pixel, without triangles.

A place is a street: the ground is made of strips that run along it, walls stand upright. H x W pixels.
"""

from __future__ import annotations

import math
from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..compiled import borrowed, compiled, inlined
from ..exact import floored
from .ground import Colour, ground_colour
from .light import Light, Shadow, borrowed_light, borrowed_shadow, dappled, lit, pooled
from .sky import GRID_STEP

F = np.float32
Floats = NDArray[np.float32]


class Wall(IntEnum):
    """Columns of a table of walls (W, len(Wall)): upright planes with a picture on them."""

    NORMAL_X, NORMAL_Z, OFFSET = 0, 1, 2
    """Points p of the plane have normal · p = offset; it is seen from the side of its normal."""
    ALONG_X, ALONG_Z = 3, 4
    """Where the picture runs."""
    FROM, TO, HEIGHT = 5, 6, 7
    LAYER, SCALE, SHIFT = 8, 9, 10
    """Picture, its pixels a metre, and where it begins."""
    RED, GREEN, BLUE = 11, 12, 13
    """Light that falls on it from all over the sky and from the ground; changes with the hour."""
    LAMPS = 14
    """Brightness of its windows at night."""
    KEY = 15
    """Share of the key light that falls on it where nothing shades it."""


class Backdrop(NamedTuple):
    """What the kernel needs of a place."""

    strips: Floats
    """(S, len(Strip)); none: everything behind people is one plain gray."""
    axis: Floats
    """(4,), across the street: unit vector x, z; origin x, z."""
    walls: Floats
    """(W, len(Wall))"""
    pictures: NDArray[np.uint8]
    """(P, H, W, 4), of walls: square roots of linear RGB by 4/3, and what shines by itself."""
    noise: Floats
    """(N, 256, 256), layers of noise that repeat, of mean 0 and standard deviation 1."""


class Rays(NamedTuple):
    """Where each pixel looks: the camera and the cut-out of its picture."""

    eye: Floats
    axes: Floats
    """(3, 3), right, up, forward."""
    window: Floats
    """(4,), slopes at the left and top edge, and their growth a pixel."""


@compiled
def paint_backdrop(
    backdrop: Backdrop,
    rays: Rays,
    light: Light,
    shadow: Shadow,
    ground: Floats,
    centre: Floats,
    spots: Floats,
    covered: Floats,
    out: Floats,
) -> None:
    """Paint ground, walls and sky into `out` (H, W, 3), linear RGB.

    Pixels that meshes cover altogether, of which `covered` (H, W) is 1, are left as they are.

    `ground` (GRID, GRID) is the share of the sky around `centre`, `spots` (N, 4) dark places under other
    things: x, z, 1 / radius², depth.
    """
    height, width, _ = out.shape
    eye, axes, window = borrowed(rays.eye), borrowed(rays.axes), borrowed(rays.window)
    place, light, shadow = _borrowed(backdrop), borrowed_light(light), borrowed_shadow(shadow)
    ground, centre, spots = borrowed(ground), borrowed(centre), borrowed(spots)
    covered, out, fog = borrowed(covered), borrowed(out), light.fog
    for row in range(height):
        down = window[1] + (F(row) + F(0.5)) * window[3]
        for column in range(width):
            if covered[row, column] > F(0.999):
                continue
            right = window[0] + (F(column) + F(0.5)) * window[2]
            dx = axes[0, 0] * right - axes[1, 0] * down + axes[2, 0]
            dy = axes[0, 1] * right - axes[1, 1] * down + axes[2, 1]
            dz = axes[0, 2] * right - axes[1, 2] * down + axes[2, 2]
            colour, reach = _cast(place, eye, (dx, dy, dz), window[3], light, shadow, ground, centre, spots)
            fade = F(1.0) / (F(1.0) + fog[0] * reach)
            fade *= fade
            out[row, column, 0] = colour[0] * fade + fog[1] * (F(1.0) - fade)
            out[row, column, 1] = colour[1] * fade + fog[2] * (F(1.0) - fade)
            out[row, column, 2] = colour[2] * fade + fog[3] * (F(1.0) - fade)


@inlined
def _borrowed(place: Backdrop) -> Backdrop:
    return Backdrop(
        borrowed(place.strips), borrowed(place.axis), borrowed(place.walls), borrowed(place.pictures),
        borrowed(place.noise),
    )  # fmt: skip


@inlined
def _cast(
    backdrop: Backdrop,
    eye: Floats,
    ray: Colour,
    slope: np.float32,
    light: Light,
    shadow: Shadow,
    ground: Floats,
    centre: Floats,
    spots: Floats,
) -> tuple[Colour, np.float32]:
    """Return the light that comes along a ray, and from how far, in lengths of the ray;
    a pixel is `slope` of it wide.
    """
    dx, dy, dz = ray
    wall, reach = _wall_hit(backdrop.walls, eye, dx, dy, dz)
    if dy < F(-1e-4) and -eye[1] / dy < reach:
        reach = -eye[1] / dy
        x, z = eye[0] + dx * reach, eye[2] + dz * reach
        steep = -dy / math.sqrt(dx * dx + dy * dy + dz * dz)
        fine = reach * slope
        colour = ground_colour(
            backdrop.strips,
            backdrop.axis,
            backdrop.noise,
            x,
            z,
            fine,
            fine / max(steep, F(0.05)),
            light.cover,
        )
        colour = _light_ground(light, shadow, backdrop.noise, ground, centre, spots, x, z, colour)
    elif wall >= 0:
        x, y, z = eye[0] + dx * reach, eye[1] + dy * reach, eye[2] + dz * reach
        key = F(0.0)
        if backdrop.walls[wall, 15] > F(0.0):
            key = backdrop.walls[wall, 15] * dappled(light.dapple, backdrop.noise, x, y, z, light.direction)
        colour = _wall_colour(backdrop.walls, backdrop.pictures, wall, x, y, z, light.key, key)
    else:
        reach = F(200.0)
        share = F(1.5) * (F(0.75) + F(0.25) * min(F(1.0), max(F(0.0), dy * F(3.0))))
        colour = light.sky[0] * share, light.sky[1] * share, light.sky[2] * share
    return colour, reach


@compiled
def _wall_hit(
    walls: Floats, eye: Floats, dx: np.float32, dy: np.float32, dz: np.float32
) -> tuple[int, np.float32]:
    """Return the number of the nearest wall that a ray meets, or -1, and how far along the ray."""
    found, nearest = -1, F(1e9)
    for w in range(walls.shape[0]):
        towards = walls[w, 0] * dx + walls[w, 1] * dz
        if towards > F(-1e-4):
            continue
        reach = (walls[w, 2] - walls[w, 0] * eye[0] - walls[w, 1] * eye[2]) / towards
        if reach <= F(0.3) or reach >= nearest:
            continue
        if eye[1] + dy * reach > walls[w, 7]:
            continue
        along = walls[w, 3] * (eye[0] + dx * reach) + walls[w, 4] * (eye[2] + dz * reach)
        if walls[w, 5] <= along <= walls[w, 6]:
            found, nearest = w, reach
    return found, nearest


@inlined
def _wall_colour(
    walls: Floats,
    pictures: NDArray[np.uint8],
    w: int,
    x: np.float32,
    y: np.float32,
    z: np.float32,
    light: Floats,
    key: np.float32,
) -> Colour:
    """Return the light that comes from a place on a wall: its picture between four points, lit, and its lamps.

    `key` is the share of the key `light` (3,) that reaches it.
    """
    layer = int(walls[w, 8])
    _, rows, columns, _ = pictures.shape
    u = (walls[w, 3] * x + walls[w, 4] * z) * walls[w, 9] + walls[w, 10]
    v = F(rows) - F(1.0) - y * walls[w, 9]
    v = min(F(rows) - F(1.001), max(F(0.0), v))
    i, j = int(v), floored(u)
    fv, fu = v - F(i), u - F(j)
    i1 = min(i + 1, rows - 1)
    j %= columns
    j1 = j + 1 if j + 1 < columns else 0
    red = _pixel(pictures, layer, i, i1, j, j1, fu, fv, 0)
    green = _pixel(pictures, layer, i, i1, j, j1, fu, fv, 1)
    blue = _pixel(pictures, layer, i, i1, j, j1, fu, fv, 2)
    lamps = _pixel(pictures, layer, i, i1, j, j1, fu, fv, 3) * walls[w, 14]
    bright = F(4.0 / 3.0)
    return (
        bright * red * red * (walls[w, 11] + light[0] * key) + lamps,
        bright * green * green * (walls[w, 12] + light[1] * key) + lamps * F(0.8),
        bright * blue * blue * (walls[w, 13] + light[2] * key) + lamps * F(0.55),
    )


@compiled
def _pixel(
    pictures: NDArray[np.uint8],
    layer: int,
    i: int,
    i1: int,
    j: int,
    j1: int,
    fu: np.float32,
    fv: np.float32,
    channel: int,
) -> np.float32:
    """Return one channel of a wall's picture between four of its points, in [0, 1]."""
    upper = F(pictures[layer, i, j, channel]) * (F(1.0) - fu) + F(pictures[layer, i, j1, channel]) * fu
    lower = F(pictures[layer, i1, j, channel]) * (F(1.0) - fu) + F(pictures[layer, i1, j1, channel]) * fu
    return (upper * (F(1.0) - fv) + lower * fv) * F(1.0 / 255.0)


@inlined
def _light_ground(
    light: Light,
    shadow: Shadow,
    noise: Floats,
    ground: Floats,
    centre: Floats,
    spots: Floats,
    x: np.float32,
    z: np.float32,
    colour: Colour,
) -> Colour:
    """Turn the ground's colour into the light that comes from it."""
    direction = light.direction
    key = F(0.0)
    if light.key[1] > F(0.0):
        key = lit(shadow, x, F(0.0), z, F(0.012)) * dappled(light.dapple, noise, x, F(0.0), z, direction)
        key *= max(F(0.0), direction[1]) * pooled(light.pool, x, z)
    grid = ground.shape[0]
    open_ = F(1.0)
    v = (z - centre[2]) / GRID_STEP + F(grid - 1) * F(0.5)
    u = (x - centre[0]) / GRID_STEP + F(grid - 1) * F(0.5)
    if F(0.0) <= u < F(grid - 1) and F(0.0) <= v < F(grid - 1):
        i, j = int(v), int(u)
        fv, fu = v - F(i), u - F(j)
        open_ = (ground[i, j] * (F(1.0) - fu) + ground[i, j + 1] * fu) * (F(1.0) - fv)
        open_ += (ground[i + 1, j] * (F(1.0) - fu) + ground[i + 1, j + 1] * fu) * fv
    for s in range(spots.shape[0]):
        dx, dz = x - spots[s, 0], z - spots[s, 1]
        open_ *= F(1.0) - spots[s, 3] / (F(1.0) + (dx * dx + dz * dz) * spots[s, 2])
    gloss = F(0.25) * light.cover[1] * open_
    return (
        colour[0] * (light.key[0] * key + light.sky[0] * open_) + gloss * light.sky[0],
        colour[1] * (light.key[1] * key + light.sky[1] * open_) + gloss * light.sky[1],
        colour[2] * (light.key[2] * key + light.sky[2] * open_) + gloss * light.sky[2],
    )
