"""Random resized crops: which part of a picture is shown.

H height, W width, in pixels.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ..picture_decoding import Box

ATTEMPTS = 10
NUMBERS = 2 * ATTEMPTS + 2
"""Uniform numbers that a crop takes: area and shape of each attempt, and the place."""


def random_box(
    width: int,
    height: int,
    numbers: NDArray[np.float64],
    area: tuple[float, float],
    aspect: tuple[float, float],
) -> Box | None:
    """Return a box with a share of the picture's area in `area` and width / height in `aspect`.

    Both are drawn as torchvision's RandomResizedCrop draws them (the aspect evenly in its logarithm), from
    `numbers` (NUMBERS,) in [0, 1). None if ten boxes did not fit.
    """
    low, high = math.log(aspect[0]), math.log(aspect[1])
    for size, shape in zip(numbers[: 2 * ATTEMPTS : 2], numbers[1 : 2 * ATTEMPTS : 2], strict=True):
        pixels = width * height * (area[0] + (area[1] - area[0]) * size)
        ratio = math.exp(low + (high - low) * shape)
        w, h = round(math.sqrt(pixels * ratio)), round(math.sqrt(pixels / ratio))
        if 0 < w <= width and 0 < h <= height:
            left = int((width - w + 1) * numbers[-2])
            top = int((height - h + 1) * numbers[-1])
            return Box(left, top, left + w, top + h)
    return None


def middle_box(width: int, height: int, aspect: tuple[float, float]) -> Box:
    """Return the largest box in the middle whose width / height is in `aspect`."""
    ratio = min(max(width / height, aspect[0]), aspect[1])
    w, h = max(1, min(width, round(height * ratio))), max(1, min(height, round(width / ratio)))
    left, top = (width - w) // 2, (height - h) // 2
    return Box(left, top, left + w, top + h)
