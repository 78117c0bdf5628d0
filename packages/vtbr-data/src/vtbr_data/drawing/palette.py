"""Colours: the nine recorded names with their shades, and those that nobody records (skin, hair, bags)."""

from __future__ import annotations

from colorsys import hsv_to_rgb

import numpy as np

RGB = tuple[int, int, int]

NAMES = ("black", "white", "red", "purple", "gray", "yellow", "blue", "green", "brown")
"""In FineGPR's order: its value 01 is black."""

UPPER_SHARES = (0.19, 0.16, 0.12, 0.08, 0.12, 0.08, 0.12, 0.08, 0.05)
LOWER_SHARES = (0.25, 0.09, 0.06, 0.06, 0.14, 0.05, 0.20, 0.06, 0.09)
"""How often each name is worn. Skewed as in a street: dark trousers are everywhere, yellow ones are rare."""

_RANGES: dict[str, tuple[tuple[float, float], tuple[float, float], tuple[float, float]]] = {
    "black": ((0.0, 1.0), (0.0, 0.25), (0.08, 0.17)),
    "white": ((0.0, 1.0), (0.0, 0.05), (0.90, 1.0)),
    "red": ((0.965, 1.01), (0.62, 0.90), (0.50, 0.84)),
    "purple": ((0.74, 0.82), (0.38, 0.68), (0.34, 0.62)),
    "gray": ((0.0, 1.0), (0.0, 0.08), (0.38, 0.62)),
    "yellow": ((0.125, 0.160), (0.52, 0.86), (0.76, 0.96)),
    "blue": ((0.57, 0.66), (0.45, 0.85), (0.36, 0.80)),
    "green": ((0.27, 0.43), (0.34, 0.72), (0.28, 0.60)),
    "brown": ((0.05, 0.08), (0.52, 0.68), (0.34, 0.50)),
}
"""Hue, saturation and value (0 to 1) between which a shade of the name lies."""

SKIN: tuple[RGB, ...] = (
    (244, 214, 190), (233, 194, 166), (222, 178, 142), (205, 156, 118),
    (182, 131, 94), (152, 104, 74), (118, 78, 55), (88, 58, 43),
)  # fmt: skip
HAIR: tuple[RGB, ...] = (
    (28, 24, 23), (44, 32, 27), (70, 46, 32), (104, 68, 42), (150, 108, 62), (196, 160, 98), (128, 52, 30)
)  # fmt: skip
OLD_HAIR: tuple[RGB, ...] = ((150, 148, 146), (205, 203, 200), (108, 105, 103), (72, 66, 62))
DARK_SHOES: tuple[RGB, ...] = ((24, 23, 24), (52, 34, 24), (32, 38, 58), (60, 58, 60))
LIGHT_SHOES: tuple[RGB, ...] = ((238, 238, 236), (214, 206, 190), (206, 168, 120), (196, 208, 220))
THINGS: tuple[RGB, ...] = (
    (32, 32, 36), (150, 40, 44), (40, 70, 130), (70, 96, 62), (120, 80, 48), (196, 150, 84), (128, 128, 134),
    (226, 222, 212), (222, 120, 40), (98, 60, 120), (36, 120, 128), (222, 140, 160),
)  # fmt: skip
"""Bags, hats, logos and shirts under an open jacket."""


def shade(name: str, rng: np.random.Generator) -> RGB:
    """A shade that anybody would still call `name`."""
    hue, saturation, value = (float(rng.uniform(low, high)) for low, high in _RANGES[name])
    return _bytes(hsv_to_rgb(hue % 1.0, saturation, value))


def blend(colour: RGB, other: RGB, share: float) -> RGB:
    """`colour` with `share` (0 to 1) of `other` in it.

    >>> blend((0, 0, 0), (200, 100, 50), 0.5)
    (100, 50, 25)
    """
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(colour, other, strict=True))
    return red, green, blue


def luminance(colour: RGB) -> float:
    """Brightness as the eye weighs it, 0 to 255 (ITU-R BT.601)."""
    return 0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2]


def contrasting(colour: RGB, rng: np.random.Generator) -> RGB:
    """Something that shows on `colour`: for stripes, dots and prints."""
    choices = [thing for thing in THINGS if abs(luminance(thing) - luminance(colour)) > 45]
    return choices[int(rng.integers(len(choices)))]


def pick(colours: tuple[RGB, ...], rng: np.random.Generator, spread: float = 6.0) -> RGB:
    """One of `colours`, a little off (standard deviation `spread` on each channel)."""
    base = np.asarray(colours[int(rng.integers(len(colours)))], dtype=np.float64)
    red, green, blue = np.clip(base + rng.normal(0.0, spread, 3), 4, 250).round().astype(int).tolist()
    return red, green, blue


def _bytes(colour: tuple[float, float, float]) -> RGB:
    red, green, blue = (round(255 * channel) for channel in colour)
    return red, green, blue
