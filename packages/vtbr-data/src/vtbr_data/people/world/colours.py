"""Colours of streets, in sRGB from 0 to 1, and as linear light."""

from __future__ import annotations

from colorsys import hsv_to_rgb

import numpy as np

RGB = tuple[float, float, float]


def linear(colour: RGB) -> RGB:
    """Convert an sRGB colour to linear light.

    >>> [round(value, 3) for value in linear((0.0, 0.5, 1.0))]
    [0.0, 0.214, 1.0]
    """
    red, green, blue = (
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in colour
    )
    return red, green, blue


def shaded(
    colour: RGB, rng: np.random.Generator, spread: float = 0.04, factor: tuple[float, float] = (1.0, 1.0)
) -> RGB:
    """Draw a colour a little off this one, and brighter or darker by a factor from a range."""
    own = rng.normal(0.0, spread * 0.4, 3) + rng.normal(0.0, spread)
    red, green, blue = np.clip(np.array(colour) * rng.uniform(*factor) + own, 0.01, 0.97).tolist()
    return red, green, blue


PAINTS: tuple[tuple[RGB, float], ...] = (
    ((0.10, 0.10, 0.11), 0.22), ((0.80, 0.80, 0.79), 0.22), ((0.52, 0.53, 0.54), 0.20),
    ((0.28, 0.29, 0.31), 0.12), ((0.13, 0.17, 0.32), 0.08), ((0.48, 0.10, 0.10), 0.07),
    ((0.16, 0.26, 0.20), 0.03), ((0.62, 0.55, 0.42), 0.03), ((0.80, 0.62, 0.16), 0.03),
)  # fmt: skip
"""Of cars and bins, with how often each is seen."""


def paint(rng: np.random.Generator) -> RGB:
    """Draw a colour of painted metal."""
    shares = np.cumsum([share for _, share in PAINTS])
    number = int(np.searchsorted(shares, rng.random() * shares[-1]))
    return shaded(PAINTS[number][0], rng, 0.03)


def any_hue(rng: np.random.Generator, saturation: tuple[float, float], value: tuple[float, float]) -> RGB:
    """Draw a colour of any hue."""
    return hsv_to_rgb(float(rng.random()), float(rng.uniform(*saturation)), float(rng.uniform(*value)))
