"""Colours of cloth, skin and hair as one meets them in the street, and their words.

Colours are sRGB from 0 to 1; the material table takes them linear.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Mapping
from itertools import accumulate

import numpy as np

RGB = tuple[float, float, float]

SHARES: Mapping[str, Mapping[str, float]] = {
    "top": {
        "black": 0.19,
        "white": 0.20,
        "gray": 0.12,
        "navy": 0.09,
        "denim": 0.03,
        "beige": 0.06,
        "brown": 0.04,
        "pastel": 0.07,
        "red": 0.07,
        "blue": 0.07,
        "green": 0.03,
        "yellow": 0.02,
        "purple": 0.03,
    },
    "outer": {
        "black": 0.32,
        "gray": 0.14,
        "navy": 0.15,
        "denim": 0.04,
        "beige": 0.09,
        "brown": 0.08,
        "white": 0.04,
        "red": 0.05,
        "blue": 0.03,
        "green": 0.05,
        "pastel": 0.01,
    },
    "lower": {
        "black": 0.26,
        "denim": 0.37,
        "navy": 0.09,
        "gray": 0.09,
        "beige": 0.09,
        "brown": 0.04,
        "white": 0.03,
        "green": 0.015,
        "red": 0.01,
        "blue": 0.005,
    },
    "shoe": {
        "black": 0.44,
        "white": 0.22,
        "gray": 0.10,
        "brown": 0.14,
        "navy": 0.04,
        "red": 0.02,
        "blue": 0.02,
        "beige": 0.02,
    },
    "bag": {
        "black": 0.42,
        "gray": 0.12,
        "navy": 0.12,
        "brown": 0.13,
        "beige": 0.05,
        "red": 0.05,
        "blue": 0.04,
        "green": 0.03,
        "pastel": 0.02,
        "purple": 0.02,
    },
    "bright": {
        "red": 0.18,
        "blue": 0.16,
        "green": 0.12,
        "yellow": 0.10,
        "purple": 0.12,
        "pastel": 0.18,
        "white": 0.06,
        "black": 0.05,
        "navy": 0.03,
    },
}
"""How often a kind of cloth has a colour, by what it is worn as."""

_PURE: Mapping[str, tuple[tuple[float, float], tuple[float, float], tuple[float, float]]] = {
    "black": ((0.0, 1.0), (0.0, 0.20), (0.06, 0.17)),
    "white": ((0.08, 0.16), (0.0, 0.06), (0.78, 0.93)),
    "gray": ((0.55, 0.68), (0.0, 0.08), (0.26, 0.66)),
    "navy": ((0.60, 0.67), (0.35, 0.62), (0.18, 0.32)),
    "denim": ((0.58, 0.63), (0.25, 0.55), (0.30, 0.72)),
    "beige": ((0.08, 0.13), (0.18, 0.38), (0.48, 0.76)),
    "brown": ((0.04, 0.09), (0.38, 0.62), (0.20, 0.42)),
    "pastel": ((0.0, 1.0), (0.14, 0.34), (0.70, 0.90)),
    "red": ((-0.03, 0.02), (0.60, 0.90), (0.38, 0.78)),
    "blue": ((0.55, 0.66), (0.50, 0.85), (0.35, 0.78)),
    "green": ((0.24, 0.44), (0.28, 0.75), (0.24, 0.58)),
    "yellow": ((0.10, 0.16), (0.55, 0.88), (0.62, 0.88)),
    "purple": ((0.74, 0.90), (0.30, 0.70), (0.28, 0.62)),
}
"""Ranges of hue, saturation and value."""

SKINS: tuple[RGB, ...] = (
    (0.93, 0.78, 0.69), (0.90, 0.73, 0.62), (0.85, 0.67, 0.54), (0.78, 0.58, 0.44), (0.68, 0.48, 0.35),
    (0.55, 0.38, 0.27), (0.42, 0.28, 0.20), (0.30, 0.20, 0.15),
)  # fmt: skip
HAIRS: tuple[RGB, ...] = (
    (0.06, 0.055, 0.055), (0.10, 0.08, 0.07), (0.17, 0.12, 0.09), (0.27, 0.19, 0.13), (0.42, 0.31, 0.20),
    (0.62, 0.50, 0.33), (0.38, 0.19, 0.11), (0.50, 0.49, 0.48), (0.74, 0.73, 0.71),
)  # fmt: skip


def one_of(random: np.random.Generator, shares: Mapping[str, float]) -> str:
    """Draw a key, as often as its share says."""
    point = float(random.random()) * sum(shares.values())
    return list(shares)[min(bisect(list(accumulate(shares.values())), point), len(shares) - 1)]


def cloth_colour(random: np.random.Generator, worn_as: str) -> RGB:
    """Draw a colour of cloth, as often as `SHARES[worn_as]` has it."""
    return shade(random, one_of(random, SHARES[worn_as]))


def shade(random: np.random.Generator, name: str) -> RGB:
    """Draw a shade of a named colour."""
    hue, saturation, value = (float(random.uniform(low, high)) for low, high in _PURE[name])
    return from_hsv(hue, saturation, value)


def contrasting(random: np.random.Generator, colour: RGB, worn_as: str = "top", least: float = 0.35) -> RGB:
    """Draw a colour that shows on `colour`: their channels differ by at least `least` in all."""
    for _ in range(20):
        other = cloth_colour(random, worn_as)
        if sum(abs(a - b) for a, b in zip(colour, other, strict=True)) >= least:
            return other
    return (0.85, 0.85, 0.83) if sum(colour) < 1.5 else (0.10, 0.10, 0.11)


def varied(random: np.random.Generator, colour: RGB, spread: float = 0.012) -> RGB:
    """Return `colour`, a little lighter or darker and a little off."""
    light = float(random.uniform(0.92, 1.06))
    red, green, blue = (
        min(max(channel * light + float(random.uniform(-2, 2)) * spread, 0.02), 0.95) for channel in colour
    )
    return red, green, blue


def scaled(colour: RGB, factor: float, more: float = 0.0) -> RGB:
    """Return `colour` times `factor` plus `more`."""
    red, green, blue = (min(channel * factor + more, 0.95) for channel in colour)
    return red, green, blue


def from_hsv(hue: float, saturation: float, value: float) -> RGB:
    """Return the colour of a hue (0 to 1, wraps), saturation and value."""

    def channel(shift: float) -> float:
        k = (shift + hue * 6) % 6
        return value - value * saturation * max(0.0, min(k, 4 - k, 1.0))

    return channel(5), channel(3), channel(1)


def colour_word(colour: RGB) -> str:
    """Return the one of the nine words of docs/formats.md that most people would say.

    >>> [colour_word(c) for c in ((0.1, 0.1, 0.12), (0.2, 0.25, 0.5), (0.7, 0.6, 0.45), (0.8, 0.2, 0.2))]
    ['black', 'blue', 'brown', 'red']
    """
    high, low = max(colour), min(colour)
    saturation = (high - low) / high if high > 0 else 0.0
    if high < 0.19 or (high < 0.24 and saturation < 0.35):
        return "black"
    if saturation < 0.13 or (high > 0.72 and saturation < 0.17):
        return "white" if high > 0.70 else "gray"
    hue = _hue(colour) * 360
    if hue < 50 and (saturation < 0.5 or high < 0.5) and not (hue < 12 and saturation > 0.5):
        return "brown" if hue > 12 or high < 0.55 else "red"
    limits = (
        (14, "red"),
        (24, "brown" if high < 0.65 else "red"),
        (68, "yellow"),
        (165, "green"),
        (255, "blue"),
    )
    return next((word for limit, word in limits if hue < limit), "purple" if hue < 330 else "red")


def linear(colour: RGB) -> RGB:
    """Return linear RGB of an sRGB colour, by the square and cube that come closest (no
    power function: see `exact`).
    """
    red, green, blue = (c * (c * (c * 0.305306011 + 0.682171111) + 0.012522878) for c in colour)
    return red, green, blue


def mixed(colour: RGB, other: RGB, share: float) -> RGB:
    """Return `colour` with `share` of `other`, mixed as light mixes."""
    red, green, blue = (
        _from_linear(a + (b - a) * share) for a, b in zip(linear(colour), linear(other), strict=True)
    )
    return red, green, blue


def _from_linear(value: float) -> float:
    """Return the channel whose `linear` this is, by bisection."""
    low, high = 0.0, 1.0
    for _ in range(24):
        middle = (low + high) / 2
        low, high = (low, middle) if linear((middle, 0, 0))[0] > value else (middle, high)
    return low


def _hue(colour: RGB) -> float:
    red, green, blue = colour
    high, low = max(colour), min(colour)
    span = high - low or 1.0
    if high == red:
        return ((green - blue) / span % 6) / 6
    if high == green:
        return ((blue - red) / span + 2) / 6
    return ((red - green) / span + 4) / 6
