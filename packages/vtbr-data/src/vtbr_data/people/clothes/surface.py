"""The look of cloth, skin and hair at one point: colour, and creases that tilt the normal.

The renderer calls `surface` once a sample and shades what comes back. All patterns are computed, none is read.
Everything is in single precision; colours are linear RGB, lengths metres.
"""

from __future__ import annotations

import math
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from ..compiled import compiled, inlined
from ..exact import floored
from ..figure import Column
from .complexion import Colour, face, hair, mixed
from .noise_cube import grain_at, noise_and_slopes
from .prints import PRINT_CELLS

F = np.float32
Floats = NDArray[np.float32]
Real = np.float32

_GRAINS = F(130)
"""Grains of cloth a metre."""
_DARKEST, _LIGHTEST = F(0.003), F(0.95)


class Pattern(IntEnum):
    """What `Column.PATTERN` may be."""

    PLAIN = 0
    STRIPES_ACROSS = 1
    STRIPES_ALONG = 2
    CHECK = 3
    BLOTCHES = 4
    DENIM = 5
    BLOCKS = 6
    """Another colour below the height `PERIOD`, with a band `DUTY` metres wide in the third at the border."""
    KNIT = 7
    DOTS = 8
    FACE = 9
    HAIR = 10
    QUILTED = 11


class Panel(IntEnum):
    """What `Column.PANEL` may be: where the third colour stands."""

    NONE = 0
    SIDES = 1
    YOKE = 2


@inlined
def surface(
    materials: Floats,
    row: int,
    pattern: tuple[Real, Real],
    rest: tuple[Real, Real, Real],
    fold: Real,
    noise: Floats,
    prints: NDArray[np.int8],
) -> tuple[Colour, tuple[Real, Real, Real]]:
    """Returns linear RGB and what to add to the unit normal.

    `materials` (M, len(Column)), its `row`; `pattern` (u, v), `rest` (x, y, z) and `fold` as those of `Figure`,
    interpolated; `noise` and `prints` are the arrays of those names.
    """
    u, v = pattern
    x, y, z = rest
    # Creases: valleys where the noise changes sign.
    offset, stretch = materials[row, Column.NOISE], materials[row, Column.FOLD_STRETCH]
    along = materials[row, Column.FOLD_SCALE]
    across = along / stretch
    depth = materials[row, Column.FOLD_DEPTH] * fold
    a, b, c, d = noise_and_slopes(noise, x * across + offset, v * along + offset * F(1.7), z * across)
    steep = a / math.sqrt(a * a + F(0.05)) * depth
    tilt_x, tilt_y, tilt_z = -b * steep / stretch, -c * steep, -d * steep / stretch
    fine = grain_at(noise, x * _GRAINS + offset, y * _GRAINS, z * _GRAINS)
    kind = int(materials[row, Column.PATTERN])
    if kind == Pattern.FACE:
        colour = face(materials, row, x, y, z)
    elif kind == Pattern.HAIR:
        colour, (more_x, more_y, more_z) = hair(materials, row, noise, x, y, z)
        tilt_x, tilt_y, tilt_z = tilt_x + more_x, tilt_y + more_y, tilt_z + more_z
    else:
        colour, more_y = _cloth(materials, row, kind, noise, pattern, rest, fine)
        colour = _details(materials, row, prints, u, rest, colour)
        tilt_y += more_y
    # Less light reaches the bottom of a crease.
    hollow = min(F(0), abs(a) - F(0.25)) * depth * F(0.5)
    shade = F(1) + materials[row, Column.GRAIN] * (fine + a * F(0.5)) + hollow
    shaded = (_kept(colour[0] * shade), _kept(colour[1] * shade), _kept(colour[2] * shade))
    return shaded, (tilt_x, tilt_y, tilt_z)


@inlined
def _kept(value: Real) -> Real:
    return min(max(value, _DARKEST), _LIGHTEST)


@inlined
def _part(x: Real, period: Real) -> Real:
    """Return the place within a period, 0 to 1."""
    q = x / period
    return q - F(floored(q))


@inlined
def _cloth(
    materials: Floats,
    row: int,
    kind: int,
    noise: Floats,
    pattern: tuple[Real, Real],
    rest: tuple[Real, Real, Real],
    fine: Real,
) -> tuple[Colour, Real]:
    """Return the colour of cloth with its pattern, and how seams tilt its normal up or down."""
    u, v = pattern
    colour = (materials[row, 0], materials[row, 1], materials[row, 2])
    shade, tilt, second, third = F(1), F(0), F(0), F(0)
    if kind == Pattern.PLAIN:
        return colour, tilt
    period, duty, phase = (
        materials[row, Column.PERIOD],
        materials[row, Column.DUTY],
        materials[row, Column.PHASE],
    )
    if kind == Pattern.STRIPES_ACROSS:
        second = F(_part(v + phase, period) < duty)
    elif kind == Pattern.STRIPES_ALONG:
        second = F(_part(u + phase, period) < duty)
    elif kind == Pattern.CHECK:
        second, third = _checked(_part(u + phase, period), _part(v + phase, period), duty)
    elif kind == Pattern.DOTS:
        second = _dotted(u / period, v / period, duty)
    elif kind == Pattern.KNIT:
        rib = abs(_part(u, period) - F(0.5)) * F(2)
        shade = F(1) + duty * (F(0.35) * fine + F(0.3) * (rib - F(0.5)))
    elif kind == Pattern.QUILTED:
        seam = _part(v + phase, period)
        tilt = (seam - F(0.5)) * F(1.5)
        shade = F(0.6) if seam < F(0.1) else F(1)
    else:
        second, third = _dyed(materials, row, kind, noise, rest, fine)
    if second > F(0):
        colour = mixed(materials, row, Column.SECOND_RED, second, colour)
    if third > F(0):
        colour = mixed(materials, row, Column.THIRD_RED, third, colour)
    return (colour[0] * shade, colour[1] * shade, colour[2] * shade), tilt


@inlined
def _checked(p: Real, q: Real, duty: Real) -> tuple[Real, Real]:
    """Return the shares of the second and third colour in a check, at a place within its period."""
    second = F(0.5) * (F(p < duty) + F(q < duty))
    thin = _part(p * F(2) + F(0.3), F(1)) < F(0.14) or _part(q * F(2) + F(0.3), F(1)) < F(0.14)
    return second, F(0.4) if thin else F(0)


@inlined
def _dotted(u: Real, v: Real, duty: Real) -> Real:
    """Return the share of the second colour in dots, every other row of which is shifted; `u`, `v` in periods."""
    shift = F(0.5) * F(floored(v) & 1)
    p, q = _part(u + shift, F(1)) - F(0.5), _part(v, F(1)) - F(0.5)
    return F(p * p + q * q < duty * duty * F(0.25))


@compiled
def _dyed(
    materials: Floats, row: int, kind: int, noise: Floats, rest: tuple[Real, Real, Real], fine: Real
) -> tuple[Real, Real]:
    """Return the shares of the second and third colour where they do not repeat: blotches, blocks and worn denim."""
    x, y, z = rest
    period, duty = materials[row, Column.PERIOD], materials[row, Column.DUTY]
    if kind == Pattern.BLOTCHES:
        f = F(1) / period
        value = noise_and_slopes(noise, x * f + materials[row, Column.NOISE], y * f, z * f)[0]
        return F(value > duty), F(value < -duty - F(0.2))
    if kind == Pattern.BLOCKS:
        return F(y < period), F(period <= y < period + duty)
    # Denim is worn light on the thighs, at the knees and along the seams.
    thigh, knee = (y - F(0.64)) / F(0.14), (y - F(0.48)) / F(0.05)
    thigh *= thigh
    front = min(max(z * F(10) + F(0.2), F(0)), F(1))
    worn = front * (F(0.55) / (F(1) + thigh * thigh) + F(0.3) / (F(1) + knee * knee)) + F(0.12) * fine
    return max(F(0), worn) * duty, F(0)


@inlined
def _details(
    materials: Floats,
    row: int,
    prints: NDArray[np.int8],
    u: Real,
    rest: tuple[Real, Real, Real],
    colour: Colour,
) -> Colour:
    """Adds panels, prints and the seam down the front."""
    x, y, z = rest
    panel = int(materials[row, Column.PANEL])
    if panel == Panel.SIDES:
        # Of trousers the pattern begins at the outer side; of shirts, at the front.
        if abs(u if y < F(0.95) else z - F(0.02)) < F(0.028) and abs(x) > F(0.1):
            colour = mixed(materials, row, Column.THIRD_RED, F(1), colour)
    elif panel == Panel.YOKE and y > F(1.25):
        colour = mixed(materials, row, Column.THIRD_RED, F(1), colour)
    if materials[row, Column.PRINT] > F(0):
        ink = _printed(materials, row, prints, rest)
        if ink > 0:
            first = Column.SECOND_RED if ink == 1 else Column.THIRD_RED
            colour = mixed(materials, row, first, F(1), colour)
    seam = materials[row, Column.SEAM]
    if seam > F(0) and z > F(0.03) and abs(x) < materials[row, Column.SEAM_WIDTH]:
        colour = mixed(materials, row, Column.THIRD_RED, seam, colour)
    return colour


@compiled
def _printed(materials: Floats, row: int, prints: NDArray[np.int8], rest: tuple[Real, Real, Real]) -> int:
    """Return the ink of the material's print at a place: 0 none, 1 the second colour, 2 the third."""
    x, y, z = rest
    side, front = materials[row, Column.PRINT_SIDE], z > F(0.03)
    if abs(x) >= F(0.17) or (side > F(0) and not front) or (side < F(0) and front):
        return 0
    across = (x if front else -x) - materials[row, Column.PRINT_X]
    up = y - materials[row, Column.PRINT_Y]
    p = (across / materials[row, Column.PRINT_WIDTH] + F(0.5)) * F(PRINT_CELLS)
    q = (F(0.5) - up / materials[row, Column.PRINT_HEIGHT]) * F(PRINT_CELLS)
    if F(0) <= p < F(PRINT_CELLS) and F(0) <= q < F(PRINT_CELLS):
        return int(prints[int(materials[row, Column.PRINT]) - 1, int(q), int(p)])
    return 0
