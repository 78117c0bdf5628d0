"""The look of the ground at one point: strips with textures, slabs, paint, leaves, snow and wet."""

from __future__ import annotations

import math
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from ..compiled import compiled, inlined
from ..exact import floored
from .noise import CLOUDS, hashed, layer_at

F = np.float32
Floats = NDArray[np.float32]
Colour = tuple[np.float32, np.float32, np.float32]


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


@inlined
def ground_colour(
    strips: Floats,
    axis: Floats,
    noise: Floats,
    x: np.float32,
    z: np.float32,
    fine: np.float32,
    deep: np.float32,
    cover: Floats,
) -> Colour:
    """Return linear RGB of the ground at a place, unlit.

    `fine` and `deep` are the pixel's size across and along the view in metres, `cover` is the light's.
    """
    across = (x - axis[2]) * axis[0] + (z - axis[3]) * axis[1]
    along = (z - axis[3]) * axis[0] - (x - axis[2]) * axis[1]
    number = 0
    while number + 1 < strips.shape[0] and across >= strips[number + 1, 0]:
        number += 1
    size = F(math.sqrt(fine * deep))
    value = _value(strips, number, noise, across, along, size)
    colour = (strips[number, 1] * value, strips[number, 2] * value, strips[number, 3] * value)
    white = _marked(strips, number, across, along, size)
    if white > F(0.0):
        paint = (strips[number, 19], strips[number, 19], strips[number, 19] * F(0.97))
        colour = _over(colour, paint, white * (F(0.85) + F(0.15) * value))
    if strips[number, 20] > F(0.0):
        litter = (strips[number, 21], strips[number, 22], strips[number, 23])
        colour = _over(colour, litter, _littered(strips[number, 20], across, along, size))
    if cover[0] > F(0.0):
        blotch = texture(noise, CLOUDS, across, along, F(9.0), size, F(0.5))
        snow = min(F(1.0), max(F(0.0), (cover[0] + blotch * (F(1.0) - cover[0])) * F(2.0) - F(0.35)))
        colour = _over(colour, (F(0.80), F(0.83), F(0.88)), snow)
    damp = F(1.0) - F(0.5) * cover[1]
    return colour[0] * damp, colour[1] * damp, colour[2] * damp


@inlined
def _over(colour: Colour, other: Colour, share: np.float32) -> Colour:
    """Return `colour` with `share` of it covered by the other."""
    return (
        colour[0] + share * (other[0] - colour[0]),
        colour[1] + share * (other[1] - colour[1]),
        colour[2] + share * (other[2] - colour[2]),
    )


@compiled
def _value(
    strips: Floats, number: int, noise: Floats, across: np.float32, along: np.float32, size: np.float32
) -> np.float32:
    """Return the brightness of a strip, around 1: its texture at two scales, and its slabs."""
    layer, scale = int(strips[number, 4]), strips[number, 5]
    value = F(1.0) + texture(noise, layer, across, along, scale, size, strips[number, 6])
    value += texture(noise, CLOUDS, across, along, scale * F(0.125), size, strips[number, 7])
    value = max(F(0.25), value)
    laying = int(strips[number, 8])
    return value * _laid(strips, number, laying, across, along, size) if laying > 0 else value


@compiled
def texture(
    noise: Floats,
    layer: int,
    across: np.float32,
    along: np.float32,
    scale: np.float32,
    size: np.float32,
    strength: np.float32,
) -> np.float32:
    """Return noise at `scale` points a metre, fading where a pixel of `size` metres holds many of them."""
    if strength == F(0.0):
        return F(0.0)
    value = layer_at(noise, layer, across * scale, along * scale)
    many = size * scale * F(0.4)
    return F(strength * value / (F(1.0) + many * many))


@compiled
def _line(distance: np.float32, half: np.float32, size: np.float32) -> np.float32:
    """Return how much of a pixel of `size` a line of half width `half` covers, `distance` from its middle."""
    inner = (half + F(0.5) * size - abs(distance)) / size
    return min(F(1.0), max(F(0.0), inner)) * min(F(1.0), F(2.0) * half / size)


@compiled
def _laid(
    strips: Floats, number: int, laying: int, across: np.float32, along: np.float32, size: np.float32
) -> np.float32:
    """Return the brightness of slabs, bricks or boards, with their joints."""
    u, v = across / strips[number, 9], along / strips[number, 10]
    row = floored(u)
    if laying == 2:
        v += F(0.5) * F(row % 2)
    elif laying == 3:
        v += F(7.3) * F(hashed(int(row), 3))
    stone = floored(v)
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
    """Return the share of a pixel that is painted: lines along the street, zebra crossings, lines of bays."""
    mark = int(strips[number, 14])
    if mark == 0:
        return F(0.0)
    place = along / strips[number, 17]
    place -= F(floored(place))
    aside = across - strips[number, 0]
    if mark == 1:
        dash = F(1.0) if place < strips[number, 18] else F(0.0)
        return dash * _line(aside - strips[number, 15], F(0.5) * strips[number, 16], size)
    if mark == 2:
        stripe = aside / strips[number, 16]
        stripe -= F(floored(stripe))
        if place < strips[number, 18]:
            return _line((stripe - F(0.5)) * strips[number, 16], F(0.25) * strips[number, 16], size)
        return F(0.0)
    if F(0.0) < aside < strips[number, 15]:
        return _line((place - F(0.5)) * strips[number, 17], F(0.5) * strips[number, 16], size)
    return F(0.0)


@compiled
def _littered(share: np.float32, across: np.float32, along: np.float32, size: np.float32) -> np.float32:
    """Return how much of a pixel leaves and spots cover: at most one a cell of 0.3 m."""
    u, v = across * F(3.3), along * F(3.3)
    i, j = floored(u), floored(v)
    if hashed(i, j) >= share:
        return F(0.0)
    radius = F(0.05) + F(0.1) * hashed(j, i + 7)
    du = u - F(i) - F(0.3) - F(0.4) * hashed(i + 3, j)
    dv = v - F(j) - F(0.3) - F(0.4) * hashed(i, j + 5)
    edge = (radius * radius - du * du - dv * dv) / (radius * radius)
    cells = max(size * F(3.3), F(0.02))
    return max(F(0.0), min(F(1.0), edge)) * min(F(1.0), radius * F(2.0) / cells)
