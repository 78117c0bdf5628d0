"""Sine, cosine, exponential and angle that give the same bits on every processor.

NumPy's and the C library's own choose other instructions on other processors and round differently. These use
nothing but additions, multiplications and divisions in float64, so rendering repeats to the byte. Numba
compiles them without fast-math. Errors stay below 1e-9, which is far below what a picture shows.
"""

from __future__ import annotations

import math

import numpy as np
from numba import vectorize

from .compiled import inlined

_one = vectorize(["float64(float64)"], cache=True)  # type: ignore[no-untyped-call]
_two = vectorize(["float64(float64, float64)"], cache=True)  # type: ignore[no-untyped-call]
_TURN = 1 / (2 * math.pi)


@inlined
def floored(x: float | np.float32) -> int:
    """Return the largest integer that is not above x, of less than 2**63; math.floor would call a library."""
    whole = int(x)
    return whole - (1 if x < whole else 0)


@inlined
def sin(angle: float) -> float:
    """Return the sine of an angle in radians."""
    turns = angle * _TURN
    x = (turns - math.floor(turns + 0.5)) * (2 * math.pi)
    if x > math.pi / 2:
        x = math.pi - x
    elif x < -math.pi / 2:
        x = -math.pi - x
    y = x * x
    # Taylor's series to the 15th power.
    series = 1 - y / 156 * (1 - y / 210)
    series = 1 - y / 42 * (1 - y / 72 * (1 - y / 110 * series))
    return float(x * (1 - y / 6 * (1 - y / 20 * series)))


@inlined
def cos(angle: float) -> float:
    """Return the cosine of an angle in radians."""
    return float(sin(angle + math.pi / 2))


@inlined
def exp(x: float) -> float:
    """Return the exponential; 0 below -700."""
    if x < -700.0:
        return 0.0
    power = math.floor(x * 1.4426950408889634 + 0.5)
    r = x - power * 0.6931471805599453
    series = 1 + r / 9 * (1 + r / 10 * (1 + r / 11))
    series = 1 + r / 5 * (1 + r / 6 * (1 + r / 7 * (1 + r / 8 * series)))
    series = 1 + r * (1 + r / 2 * (1 + r / 3 * (1 + r / 4 * series)))
    return float(math.ldexp(series, int(power)))


@inlined
def atan2(y: float, x: float) -> float:
    """Return the angle of the point (x, y), -pi to pi; 0 for the origin."""
    if x == 0.0 and y == 0.0:
        return 0.0
    a, b = abs(x), abs(y)
    t = min(a, b) / max(a, b)
    # Halves the angle twice, then Taylor's series.
    t = t / (1 + math.sqrt(1 + t * t))
    t = t / (1 + math.sqrt(1 + t * t))
    s = t * t
    series = 1 / 9 - s * (1 / 11 - s * (1 / 13 - s / 15))
    angle = 4 * t * (1 - s * (1 / 3 - s * (1 / 5 - s * (1 / 7 - s * series))))
    if b > a:
        angle = math.pi / 2 - angle
    if x < 0:
        angle = math.pi - angle
    return float(-angle if y < 0 else angle)


@_one
def sines(angle: float) -> float:
    """Return the sine of each element."""
    return float(sin(angle))


@_one
def cosines(angle: float) -> float:
    """Return the cosine of each element."""
    return float(sin(angle + math.pi / 2))


@_one
def exponentials(x: float) -> float:
    """Return the exponential of each element."""
    return float(exp(x))


@_two
def angles(y: float, x: float) -> float:
    """Return the angle of each point."""
    return float(atan2(y, x))
