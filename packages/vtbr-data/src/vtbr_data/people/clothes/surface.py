"""The look of cloth, skin and hair at one point: colour, and creases that tilt the normal.

The renderer calls `surface` once a pixel and shades what comes back. All patterns are computed, none is read.
"""

from __future__ import annotations

import math
from enum import IntEnum
from functools import cache

import numpy as np
from numpy.typing import NDArray

from ..exact import compiled
from ..figure import Column
from .prints import PRINT_CELLS
from .prints import prints as prints

Floats = NDArray[np.float32]

NOISE_SIZE = 32
"""A power of two: places are wrapped by masking."""
MOVED = np.float32(4096)
GRAINS = 130.0
"""Grains of cloth a metre."""


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


@cache
def noise() -> Floats:
    """A cube (S, S, S, 4) of smooth noise that repeats: value (standard deviation 1) and its slopes a
    cell."""
    random = np.random.Generator(np.random.Philox(20240501))
    cube = random.random((NOISE_SIZE,) * 3) - 0.5
    for axis in (0, 1, 2):
        for _ in range(2):
            cube = (np.roll(cube, 1, axis) + cube * 2 + np.roll(cube, -1, axis)) * 0.25
    cube = cube * 23.4
    slopes = [(np.roll(cube, -1, axis) - np.roll(cube, 1, axis)) * 0.5 for axis in (0, 1, 2)]
    return np.ascontiguousarray(np.stack([cube, *slopes], axis=-1), dtype=np.float32)


@compiled
def surface(
    materials: Floats,
    row: int,
    u: float,
    v: float,
    x: float,
    y: float,
    z: float,
    fold: float,
    noise: Floats,
    prints: NDArray[np.int8],
    out: Floats,
) -> None:
    """Writes colour (linear RGB) and what to add to the unit normal into `out` (6,).

    `u`, `v`: `Figure.pattern`; `x`, `y`, `z`: `Figure.rest`; `fold`: `Figure.fold`, each interpolated.
    """
    m = materials[row]
    offset = m[Column.NOISE]
    # Creases: valleys where the noise changes sign.
    scale = m[Column.FOLD_SCALE]
    stretch = m[Column.FOLD_STRETCH]
    across = scale / stretch
    a, b, c, d = _noise(noise, x * across + offset, v * scale + offset * np.float32(1.7), z * across)
    steep = a / math.sqrt(a * a + np.float32(0.05)) * m[Column.FOLD_DEPTH] * fold
    out[3] = -b * steep / stretch
    out[4] = -c * steep
    out[5] = -d * steep / stretch
    fine = _grain(noise, x * GRAINS + offset, y * GRAINS, z * GRAINS)
    pattern = int(m[Column.PATTERN])
    if pattern == Pattern.FACE:
        _face(m, x, y, z, out)
    elif pattern == Pattern.HAIR:
        _hair(m, noise, x, y, z, out)
    else:
        _cloth(m, pattern, noise, u, v, x, y, z, fine, out)
        _details(m, prints, u, x, y, z, out)
    # Less light reaches the bottom of a crease.
    hollow = min(np.float32(0), abs(a) - np.float32(0.25)) * m[Column.FOLD_DEPTH] * fold * np.float32(0.5)
    shade = np.float32(1) + m[Column.GRAIN] * (fine + a * np.float32(0.5)) + hollow
    for k in range(3):
        out[k] = min(max(out[k] * shade, np.float32(0.003)), np.float32(0.95))


@compiled
def noise_at(noise: Floats, places: Floats) -> Floats:
    """Value of the noise (P,) at places (P, 3), measured in its cells."""
    out = np.empty(places.shape[0], np.float32)
    for i in range(places.shape[0]):
        out[i] = _noise(noise, places[i, 0], places[i, 1], places[i, 2])[0]
    return out


@compiled
def _mix(out: Floats, m: Floats, first: int, share: float) -> None:
    """Mixes `share` of the material's colour that starts at column `first` into `out`."""
    for k in range(3):
        out[k] += (m[first + k] - out[k]) * np.float32(share)


@compiled
def _part(x: float, period: float) -> float:
    """Place within a period, 0 to 1."""
    q = x / period
    return q - math.floor(q)


@compiled
def _cloth(
    m: Floats,
    pattern: int,
    noise: Floats,
    u: float,
    v: float,
    x: float,
    y: float,
    z: float,
    fine: float,
    out: Floats,
) -> None:
    period, duty, phase = m[Column.PERIOD], m[Column.DUTY], m[Column.PHASE]
    for k in range(3):
        out[k] = m[k]
    if pattern == Pattern.STRIPES_ACROSS:
        if _part(v + phase, period) < duty:
            _mix(out, m, Column.SECOND_RED, 1)
    elif pattern == Pattern.STRIPES_ALONG:
        if _part(u + phase, period) < duty:
            _mix(out, m, Column.SECOND_RED, 1)
    elif pattern == Pattern.CHECK:
        p, q = _part(u + phase, period), _part(v + phase, period)
        _mix(out, m, Column.SECOND_RED, 0.5 * ((p < duty) + (q < duty)))
        if _part(p * 2 + 0.3, 1.0) < 0.14 or _part(q * 2 + 0.3, 1.0) < 0.14:
            _mix(out, m, Column.THIRD_RED, 0.4)
    elif pattern == Pattern.BLOTCHES:
        f = 1 / period
        value = _noise(noise, x * f + m[Column.NOISE], y * f, z * f)[0]
        if value > duty:
            _mix(out, m, Column.SECOND_RED, 1)
        elif value < -duty - 0.2:
            _mix(out, m, Column.THIRD_RED, 1)
    elif pattern == Pattern.DENIM:
        # Worn light on the thighs, at the knees and along the seams.
        thigh, knee = (y - 0.64) / 0.14, (y - 0.48) / 0.05
        front = min(max(z * 10 + 0.2, 0.0), 1.0)
        worn = front * (0.55 / (1 + thigh * thigh * thigh * thigh) + 0.3 / (1 + knee * knee)) + 0.12 * fine
        _mix(out, m, Column.SECOND_RED, max(0.0, worn) * duty)
    elif pattern == Pattern.BLOCKS:
        if y < period:
            _mix(out, m, Column.SECOND_RED, 1)
        elif y < period + duty:
            _mix(out, m, Column.THIRD_RED, 1)
    elif pattern == Pattern.KNIT:
        rib = abs(_part(u, period) - 0.5) * 2
        shade = 1 + duty * (0.35 * fine + 0.3 * (rib - 0.5))
        for k in range(3):
            out[k] *= np.float32(shade)
    elif pattern == Pattern.DOTS:
        shift = 0.5 * (math.floor(v / period) % 2)
        p, q = _part(u / period + shift, 1.0) - 0.5, _part(v, period) - 0.5
        if p * p + q * q < duty * duty * 0.25:
            _mix(out, m, Column.SECOND_RED, 1)
    elif pattern == Pattern.QUILTED:
        seam = _part(v + phase, period)
        out[4] += np.float32((seam - 0.5) * 1.5)
        if seam < 0.1:
            for k in range(3):
                out[k] *= np.float32(0.6)


@compiled
def _details(
    m: Floats, prints: NDArray[np.int8], u: float, x: float, y: float, z: float, out: Floats
) -> None:
    """Panels, prints and the seam down the front."""
    panel = int(m[Column.PANEL])
    if panel == Panel.SIDES:
        # Of trousers the pattern begins at the outer side; of shirts, at the front.
        if abs(u if y < 0.95 else z - 0.02) < 0.028 and abs(x) > 0.1:
            _mix(out, m, Column.THIRD_RED, 1)
    elif panel == Panel.YOKE and y > 1.25:
        _mix(out, m, Column.THIRD_RED, 1)
    kind = int(m[Column.PRINT])
    side = m[Column.PRINT_SIDE]
    front = z > 0.03
    if kind > 0 and abs(x) < 0.17 and (side == 0 or (side > 0) == front):
        across = (x if front else -x) - m[Column.PRINT_X]
        p = (across / m[Column.PRINT_WIDTH] + 0.5) * PRINT_CELLS
        q = (0.5 - (y - m[Column.PRINT_Y]) / m[Column.PRINT_HEIGHT]) * PRINT_CELLS
        if 0 <= p < PRINT_CELLS and 0 <= q < PRINT_CELLS:
            ink = prints[kind - 1, int(q), int(p)]
            if ink == 1:
                _mix(out, m, Column.SECOND_RED, 1)
            elif ink == 2:
                _mix(out, m, Column.THIRD_RED, 1)
    if m[Column.SEAM] > 0 and front and abs(x) < m[Column.SEAM_WIDTH]:
        _mix(out, m, Column.THIRD_RED, m[Column.SEAM])


@compiled
def _face(m: Floats, x: float, y: float, z: float, out: Floats) -> None:
    """Skin with eyes, brows, lips and stubble, placed on the average head.

    Second colour: brows; third: lips; `DUTY` strength of the brows, `PERIOD` of stubble, `PHASE` of the lips.
    """
    for k in range(3):
        out[k] = m[k]
    if z < 0.06:
        return
    ax = abs(x) - EYE_X
    dy = y - EYE_Y
    cheek = (ax - 0.004) * (ax - 0.004) / 0.0005 + (dy + 0.036) * (dy + 0.036) / 0.0004
    if cheek < 1:
        out[0] *= np.float32(1 + 0.10 * (1 - cheek))
    socket = ax * ax / 0.00045 + dy * dy / 0.00018
    if socket < 1:
        shade = np.float32(1 - 0.35 * (1 - socket))
        for k in range(3):
            out[k] *= shade
    brow = dy - 0.0175 + ax * ax * 9
    if abs(brow) < 0.0045 and abs(ax) < 0.019:
        _mix(out, m, Column.SECOND_RED, m[Column.DUTY])
    eye = ax * ax / 0.00018 + dy * dy / 0.000026
    if eye < 1:
        for k in range(3):
            out[k] = np.float32(0.45) if abs(ax) > 0.0062 else np.float32(0.02)
    if 0.6 < eye < 1.5 and dy > 0:
        for k in range(3):
            out[k] *= np.float32(0.3)
    mouth = y - MOUTH_Y
    lips = x * x / 0.00058 + mouth * mouth / 0.00007
    if lips < 1:
        _mix(out, m, Column.THIRD_RED, m[Column.PHASE])
        if abs(mouth) < 0.0014:
            for k in range(3):
                out[k] *= np.float32(0.4)
    beard = y - (MOUTH_Y + 0.014 + max(0.0, abs(x) - 0.02) * 0.9)
    if beard < 0 and lips >= 1 and y > MOUTH_Y - 0.06:
        _mix(out, m, Column.SECOND_RED, m[Column.PERIOD] * min(1.0, -beard * 120))


EYE_X, EYE_Y, MOUTH_Y = 0.031, 1.551, 1.487
"""Places on the average head, metres."""


@compiled
def _hair(m: Floats, noise: Floats, x: float, y: float, z: float, out: Floats) -> None:
    """Strands: noise that is long along y and short around the head."""
    a, b, c, d = _noise(noise, x * 90 + m[Column.NOISE], y * 14, z * 90)
    for k in range(3):
        out[k] = m[k] * np.float32(max(0.35, 1 + 0.34 * a))
    out[3] -= b * np.float32(0.35)
    out[5] -= d * np.float32(0.35)
    out[4] -= c * np.float32(0.1)


@compiled
def _noise(noise: Floats, x: float, y: float, z: float) -> tuple[float, float, float, float]:
    """Value and slopes of the noise, interpolated; a cell of the cube is one unit."""
    mask = NOISE_SIZE - 1
    # Moved far to the positive side, so that cutting off the fraction rounds down.
    xp, yp, zp = np.float32(x) + MOVED, np.float32(y) + MOVED, np.float32(z) + MOVED
    i, j, k = int(xp), int(yp), int(zp)
    s, t, r = xp - np.float32(i), yp - np.float32(j), zp - np.float32(k)
    one = np.float32(1)
    a = b = c = d = np.float32(0)
    for corner in range(8):
        di, dj, dk = corner & 1, (corner >> 1) & 1, corner >> 2
        w = (s if di else one - s) * (t if dj else one - t) * (r if dk else one - r)
        p, q, n = (i + di) & mask, (j + dj) & mask, (k + dk) & mask
        a += w * noise[p, q, n, 0]
        b += w * noise[p, q, n, 1]
        c += w * noise[p, q, n, 2]
        d += w * noise[p, q, n, 3]
    return a, b, c, d  # type: ignore[return-value]


@compiled
def _grain(noise: Floats, x: float, y: float, z: float) -> float:
    mask = NOISE_SIZE - 1
    i, j, k = int(np.float32(x) + MOVED), int(np.float32(y) + MOVED), int(np.float32(z) + MOVED)
    return float(noise[i & mask, j & mask, k & mask, 0])
