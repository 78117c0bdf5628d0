"""A map laid over its picture: orange where it speaks for, blue where it speaks against.

Legend: gh gw places, h w pixels.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

FOR, AGAINST = (230, 97, 1), (0, 88, 200)
"""Orange and blue: told apart by all common kinds of colour vision."""
_STRONGEST = 0.85  # share of the colour where the map is strongest: the picture stays visible
_WHITE = 0.35  # share of white in the gray picture below: on dark clothes colours would not show


def overlay(pixels: NDArray[np.uint8], heat: NDArray[np.float32], strongest: float) -> NDArray[np.uint8]:
    """Picture (h, w, 3) under a map (gh, gw), whose colour is full at `strongest` and beyond.

    Between the middles of places it is interpolated; a place is as large as the network's stride, what it saw
    is larger.

    >>> overlay(np.zeros((2, 2, 3), np.uint8), np.ones((1, 1), np.float32), 1.0)[0, 0].tolist()
    [209, 96, 14]
    """
    h, w = pixels.shape[:2]
    smooth = np.asarray(Image.fromarray(heat.astype(np.float32)).resize((w, h), Image.Resampling.BILINEAR))
    amount = np.clip(smooth / max(strongest, np.finfo(np.float32).tiny), -1, 1)[..., None]
    light = pixels @ np.array([0.299, 0.587, 0.114])  # ITU-R BT.601
    below = (_WHITE * 255 + (1 - _WHITE) * light)[..., None]
    colour = np.where(amount > 0, np.array(FOR), np.array(AGAINST))
    alpha = _STRONGEST * np.abs(amount)
    blended: NDArray[np.uint8] = ((1 - alpha) * below + alpha * colour).round().astype(np.uint8)
    return blended
