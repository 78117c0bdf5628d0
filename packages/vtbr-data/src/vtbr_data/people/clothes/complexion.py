"""The look of faces and hair at one point, placed on the average head; lengths in metres."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..compiled import compiled, inlined
from ..figure import Column
from .noise_cube import noise_and_slopes

F = np.float32
Floats = NDArray[np.float32]
Real = np.float32
Colour = tuple[Real, Real, Real]

EYE_X, EYE_Y, MOUTH_Y = 0.031, 1.551, 1.487
"""Places on the average head."""

_EYE_X, _EYE_Y, _MOUTH_Y = F(EYE_X), F(EYE_Y), F(MOUTH_Y)
_WHITE, _PUPIL = F(0.45), F(0.02)


@inlined
def mixed(materials: Floats, row: int, first: int, share: Real, colour: Colour) -> Colour:
    """Returns `colour` with `share` of the material's colour that starts at column `first`."""
    red, green, blue = colour
    return (
        red + (materials[row, first] - red) * share,
        green + (materials[row, first + 1] - green) * share,
        blue + (materials[row, first + 2] - blue) * share,
    )


@inlined
def _times(colour: Colour, factor: Real) -> Colour:
    return colour[0] * factor, colour[1] * factor, colour[2] * factor


@compiled
def face(materials: Floats, row: int, x: Real, y: Real, z: Real) -> Colour:
    """Returns linear RGB of skin with eyes, brows, lips and stubble.

    Second colour: brows; third: lips; `DUTY` strength of the brows, `PERIOD` of stubble, `PHASE` of the lips.
    """
    skin = (materials[row, 0], materials[row, 1], materials[row, 2])
    if z < F(0.06):
        return skin
    side, up = abs(x) - _EYE_X, y - _EYE_Y
    return _mouth(materials, row, x, y, _eyes(materials, row, side, up, skin))


@inlined
def _eyes(materials: Floats, row: int, side: Real, up: Real, colour: Colour) -> Colour:
    """Paint cheeks, sockets, brows and eyes; `side` and `up` from the middle of an eye."""
    out, low = side - F(0.004), up + F(0.036)
    cheek = out * out / F(0.0005) + low * low / F(0.0004)
    if cheek < F(1):
        colour = colour[0] * (F(1) + F(0.10) * (F(1) - cheek)), colour[1], colour[2]
    socket = side * side / F(0.00045) + up * up / F(0.00018)
    if socket < F(1):
        colour = _times(colour, F(1) - F(0.35) * (F(1) - socket))
    brow = up - F(0.0175) + side * side * F(9)
    if abs(brow) < F(0.0045) and abs(side) < F(0.019):
        colour = mixed(materials, row, Column.SECOND_RED, materials[row, Column.DUTY], colour)
    eye = side * side / F(0.00018) + up * up / F(0.000026)
    if eye < F(1):
        grey = _WHITE if abs(side) > F(0.0062) else _PUPIL
        colour = grey, grey, grey
    if F(0.6) < eye < F(1.5) and up > F(0):
        colour = _times(colour, F(0.3))
    return colour


@inlined
def _mouth(materials: Floats, row: int, x: Real, y: Real, colour: Colour) -> Colour:
    """Paint lips and stubble."""
    up = y - _MOUTH_Y
    lips = x * x / F(0.00058) + up * up / F(0.00007)
    if lips < F(1):
        colour = mixed(materials, row, Column.THIRD_RED, materials[row, Column.PHASE], colour)
        if abs(up) < F(0.0014):
            colour = _times(colour, F(0.4))
    beard = up - (F(0.014) + max(F(0), abs(x) - F(0.02)) * F(0.9))
    if beard < F(0) and lips >= F(1) and up > F(-0.06):
        share = materials[row, Column.PERIOD] * min(F(1), -beard * F(120))
        colour = mixed(materials, row, Column.SECOND_RED, share, colour)
    return colour


@compiled
def hair(materials: Floats, row: int, noise: Floats, x: Real, y: Real, z: Real) -> tuple[Colour, Colour]:
    """Returns linear RGB of strands and how they tilt the normal: noise long along y, short around the head."""
    a, b, c, d = noise_and_slopes(noise, x * F(90) + materials[row, Column.NOISE], y * F(14), z * F(90))
    bright = max(F(0.35), F(1) + F(0.34) * a)
    colour = _times((materials[row, 0], materials[row, 1], materials[row, 2]), bright)
    return colour, (-b * F(0.35), -c * F(0.1), -d * F(0.35))
