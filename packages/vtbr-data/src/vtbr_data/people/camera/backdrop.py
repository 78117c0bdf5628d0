"""Ground, walls and sky behind everybody: cast from each pixel, without triangles.

A place is a street: the ground is made of strips that run along it, walls stand upright. H x W pixels.
"""

from __future__ import annotations

import math
from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .compiled import compiled
from .light import GRID_STEP, Light, Shadow, dappled, lit, pooled
from .noise import CLOUDS, SIZE, hashed

F = np.float32
Floats = NDArray[np.float32]


_MASK = SIZE - 1


class Strip(IntEnum):
    """Columns of a table of strips (S, len(Strip)), sorted by `START`; lengths in metres, linear RGB."""

    START = 0
    """Where it begins, across the street; it ends where the next begins."""
    RED, GREEN, BLUE = 1, 2, 3
    TEXTURE, TEXTURE_SCALE, FINE, COARSE = 4, 5, 6, 7
    """A layer of noise, its points a metre, how strongly it shows at that scale and at an eighth of it."""
    LAYING = 8
    """0 none, 1 slabs, 2 running bond, 3 boards."""
    WIDTH, LENGTH, JOINT, JOINT_SHADE, VARIETY = 9, 10, 11, 12, 13
    """Of a slab; its joints' width and brightness; how much the slabs differ."""
    MARK, MARK_AT, MARK_WIDTH, MARK_PERIOD, MARK_DUTY, MARK_WHITE = 14, 15, 16, 17, 18, 19
    """1 a line along the street, 2 a zebra crossing, 3 bay lines across; where, how wide, dashes, brightness."""
    LITTER, LITTER_RED, LITTER_GREEN, LITTER_BLUE = 20, 21, 22, 23
    """Leaves and spots: their share of cells, and colour."""


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
    """Light that falls on it; changes with the hour."""
    LAMPS = 14
    """Brightness of its windows at night."""


class Backdrop(NamedTuple):
    """What the kernel needs of a place."""

    strips: Floats
    """(S, len(Strip))"""
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
    eye, axes, window = rays.eye, rays.axes, rays.window
    strips, axis, walls = backdrop.strips, backdrop.axis, backdrop.walls
    pictures, noise = backdrop.pictures, backdrop.noise
    fog, fade = light.fog, F(0.0)
    colour = np.empty(3, np.float32)
    for row in range(height):
        down = window[1] + (F(row) + F(0.5)) * window[3]
        for column in range(width):
            if covered[row, column] > F(0.999):
                continue
            right = window[0] + (F(column) + F(0.5)) * window[2]
            dx = axes[0, 0] * right - axes[1, 0] * down + axes[2, 0]
            dy = axes[0, 1] * right - axes[1, 1] * down + axes[2, 1]
            dz = axes[0, 2] * right - axes[1, 2] * down + axes[2, 2]
            wall, reach = _wall_hit(walls, eye, dx, dy, dz)
            if dy < F(-1e-4) and -eye[1] / dy < reach:
                reach = -eye[1] / dy
                x, z = eye[0] + dx * reach, eye[2] + dz * reach
                steep = -dy / math.sqrt(dx * dx + dy * dy + dz * dz)
                footprint = reach * window[3]
                _ground_colour(
                    strips, axis, noise, x, z, footprint, footprint / max(steep, F(0.05)), light.cover, colour
                )
                _light_ground(light, shadow, noise, ground, centre, spots, x, z, colour)
            elif wall >= 0:
                x, y, z = eye[0] + dx * reach, eye[1] + dy * reach, eye[2] + dz * reach
                _wall_colour(walls, pictures, wall, x, y, z, colour)
            else:
                reach = F(200.0)
                share = F(0.75) + F(0.25) * min(F(1.0), max(F(0.0), dy * F(3.0)))
                for c in range(3):
                    colour[c] = light.sky[c] * share * F(1.5)
            fade = F(1.0) / (F(1.0) + fog[0] * reach)
            fade *= fade
            for c in range(3):
                out[row, column, c] = colour[c] * fade + fog[c + 1] * (F(1.0) - fade)


@compiled
def _wall_hit(
    walls: Floats, eye: Floats, dx: np.float32, dy: np.float32, dz: np.float32
) -> tuple[int, np.float32]:
    """Number of the nearest wall that a ray meets, or -1, and how far along the ray."""
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


@compiled
def _wall_colour(
    walls: Floats,
    pictures: NDArray[np.uint8],
    w: int,
    x: np.float32,
    y: np.float32,
    z: np.float32,
    colour: Floats,
) -> None:
    layer = int(walls[w, 8])
    _, rows, columns, _ = pictures.shape
    u = (walls[w, 3] * x + walls[w, 4] * z) * walls[w, 9] + walls[w, 10]
    v = F(rows) - F(1.0) - y * walls[w, 9]
    v = min(F(rows) - F(1.001), max(F(0.0), v))
    i, j = int(v), math.floor(u)
    fv, fu = v - F(i), u - F(j)
    i1 = min(i + 1, rows - 1)
    j %= columns
    j1 = j + 1 if j + 1 < columns else 0
    shining = F(0.0)
    for c in range(4):
        value = (F(pictures[layer, i, j, c]) * (F(1.0) - fu) + F(pictures[layer, i, j1, c]) * fu) * (
            F(1.0) - fv
        )
        value += (F(pictures[layer, i1, j, c]) * (F(1.0) - fu) + F(pictures[layer, i1, j1, c]) * fu) * fv
        value *= F(1.0 / 255.0)
        if c == 3:
            shining = value * walls[w, 14]
        else:
            colour[c] = F(4.0 / 3.0) * value * value * walls[w, 11 + c]
    colour[0] += shining
    colour[1] += shining * F(0.8)
    colour[2] += shining * F(0.55)


@compiled
def _ground_colour(
    strips: Floats,
    axis: Floats,
    noise: Floats,
    x: np.float32,
    z: np.float32,
    fine: np.float32,
    deep: np.float32,
    cover: Floats,
    colour: Floats,
) -> None:
    """Colour of the ground at a place; `fine` and `deep` are the pixel's size across and along the view."""
    across = (x - axis[2]) * axis[0] + (z - axis[3]) * axis[1]
    along = (z - axis[3]) * axis[0] - (x - axis[2]) * axis[1]
    number = 0
    while number + 1 < strips.shape[0] and across >= strips[number + 1, 0]:
        number += 1
    size = F(math.sqrt(fine * deep))
    value = F(1.0) + _texture(
        noise, int(strips[number, 4]), across, along, strips[number, 5], size, strips[number, 6]
    )
    value += _texture(noise, CLOUDS, across, along, strips[number, 5] * F(0.125), size, strips[number, 7])
    value = max(F(0.25), value)
    laying = int(strips[number, 8])
    if laying > 0:
        value *= _laid(strips, number, laying, across, along, size)
    red, green, blue = strips[number, 1] * value, strips[number, 2] * value, strips[number, 3] * value
    white = _marked(strips, number, across, along, size)
    if white > F(0.0):
        worn = white * (F(0.85) + F(0.15) * value)
        red += worn * (strips[number, 19] - red)
        green += worn * (strips[number, 19] - green)
        blue += worn * (strips[number, 19] * F(0.97) - blue)
    if strips[number, 20] > F(0.0):
        share = _littered(strips[number, 20], across, along, size)
        red += share * (strips[number, 21] - red)
        green += share * (strips[number, 22] - green)
        blue += share * (strips[number, 23] - blue)
    if cover[0] > F(0.0):
        blotch = _texture(noise, CLOUDS, across, along, F(9.0), size, F(0.5))
        snow = min(F(1.0), max(F(0.0), (cover[0] + blotch * (F(1.0) - cover[0])) * F(2.0) - F(0.35)))
        red += snow * (F(0.80) - red)
        green += snow * (F(0.83) - green)
        blue += snow * (F(0.88) - blue)
    damp = F(1.0) - F(0.5) * cover[1]
    colour[0], colour[1], colour[2] = red * damp, green * damp, blue * damp


@compiled
def _texture(
    noise: Floats,
    layer: int,
    across: np.float32,
    along: np.float32,
    scale: np.float32,
    size: np.float32,
    strength: np.float32,
) -> np.float32:
    """Noise at `scale` points a metre, fading where a pixel of `size` metres holds many of them."""
    if strength == F(0.0):
        return F(0.0)
    u, v = across * scale, along * scale
    i, j = math.floor(u), math.floor(v)
    fu, fv = u - F(i), v - F(j)
    i, j = i & _MASK, j & _MASK
    i1, j1 = (i + 1) & _MASK, (j + 1) & _MASK
    value = (noise[layer, i, j] * (F(1.0) - fv) + noise[layer, i, j1] * fv) * (F(1.0) - fu)
    value += (noise[layer, i1, j] * (F(1.0) - fv) + noise[layer, i1, j1] * fv) * fu
    many = size * scale * F(0.4)
    return F(strength * value / (F(1.0) + many * many))


@compiled
def _line(distance: np.float32, half: np.float32, size: np.float32) -> np.float32:
    """How much of a pixel of `size` a line of half width `half` covers, `distance` from its middle."""
    inner = (half + F(0.5) * size - abs(distance)) / size
    return min(F(1.0), max(F(0.0), inner)) * min(F(1.0), F(2.0) * half / size)


@compiled
def _laid(
    strips: Floats, number: int, laying: int, across: np.float32, along: np.float32, size: np.float32
) -> np.float32:
    """Brightness of slabs, bricks or boards, with their joints."""
    u, v = across / strips[number, 9], along / strips[number, 10]
    row = math.floor(u)
    if laying == 2:
        v += F(0.5) * F(row % 2)
    elif laying == 3:
        v += F(7.3) * F(hashed(int(row), 3))
    stone = math.floor(v)
    to_row, to_stone = u - F(row), v - F(stone)
    half = F(0.5) * strips[number, 11]
    joint = max(
        _line(min(to_row, F(1.0) - to_row) * strips[number, 9], half, size),
        _line(min(to_stone, F(1.0) - to_stone) * strips[number, 10], half, size),
    )
    own = F(1.0) + strips[number, 13] * (hashed(int(row), int(stone)) - F(0.5)) / (
        F(1.0) + (size / strips[number, 9]) * (size / strips[number, 9])
    )
    return F(own + joint * (strips[number, 12] - own))


@compiled
def _marked(
    strips: Floats, number: int, across: np.float32, along: np.float32, size: np.float32
) -> np.float32:
    """Share of a pixel that is painted: lines along the street, zebra crossings, lines of bays."""
    mark = int(strips[number, 14])
    if mark == 0:
        return F(0.0)
    place = along / strips[number, 17]
    place -= F(math.floor(place))
    aside = across - strips[number, 0]
    if mark == 1:
        dash = F(1.0) if place < strips[number, 18] else F(0.0)
        return dash * _line(aside - strips[number, 15], F(0.5) * strips[number, 16], size)
    if mark == 2:
        stripe = aside / strips[number, 16]
        stripe -= F(math.floor(stripe))
        if place < strips[number, 18]:
            return _line((stripe - F(0.5)) * strips[number, 16], F(0.25) * strips[number, 16], size)
        return F(0.0)
    if F(0.0) < aside < strips[number, 15]:
        return _line((place - F(0.5)) * strips[number, 17], F(0.5) * strips[number, 16], size)
    return F(0.0)


@compiled
def _littered(share: np.float32, across: np.float32, along: np.float32, size: np.float32) -> np.float32:
    """How much of a pixel leaves and spots cover: at most one a cell of 0.3 m."""
    u, v = across * F(3.3), along * F(3.3)
    i, j = math.floor(u), math.floor(v)
    if hashed(i, j) >= share:
        return F(0.0)
    radius = F(0.05) + F(0.1) * hashed(j, i + 7)
    du = u - F(i) - F(0.3) - F(0.4) * hashed(i + 3, j)
    dv = v - F(j) - F(0.3) - F(0.4) * hashed(i, j + 5)
    edge = (radius * radius - du * du - dv * dv) / (radius * radius)
    cells = max(size * F(3.3), F(0.02))
    return max(F(0.0), min(F(1.0), edge)) * min(F(1.0), radius * F(2.0) / cells)


@compiled
def _light_ground(
    light: Light,
    shadow: Shadow,
    noise: Floats,
    ground: Floats,
    centre: Floats,
    spots: Floats,
    x: np.float32,
    z: np.float32,
    colour: Floats,
) -> None:
    """Turn the ground's colour into the light that comes from it, in place."""
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
    gloss = F(0.25) * light.cover[1]
    for c in range(3):
        colour[c] = colour[c] * (light.key[c] * key + light.sky[c] * open_) + gloss * light.sky[c] * open_
