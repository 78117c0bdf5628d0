"""Colour jitter as one affine map a picture.

B images. Brightness, contrast, saturation and hue each act linearly on (red, green, blue) when hue turns the
chroma plane of YIQ about the gray axis, and between clamps they commute: so each picture has one 3 x 3
matrix, one multiple of its own mean gray is added, and a whole batch is one matrix product.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .randomness import JITTER, Seeds, uniforms

GRAY = np.array((0.299, 0.587, 0.114))
"""Luma of ITU-R BT.601, the Y of YIQ."""

_YIQ = np.array(((0.299, 0.587, 0.114), (0.5959, -0.2746, -0.3213), (0.2115, -0.5227, 0.3112)))
_RGB = np.linalg.inv(_YIQ)


@dataclass(frozen=True, slots=True)
class ColourMaps:
    """`matrix @ pixel + offset * mean gray`."""

    matrix: Tensor
    """float32 (B, 3, 3)"""
    offset: Tensor
    """float32 (B,)"""


def colour_maps(
    seeds: Seeds,
    *,
    strength: float,
    hue: NDArray[np.float64],
    probability: float,
    balance: float = 0.0,
) -> ColourMaps:
    """Return random maps: brightness, contrast and saturation change by a factor within 1 +- `strength`.

    `hue` (B,) in turns of the colour circle is each picture's largest shift to either side. Red, green and
    blue are each multiplied by a factor within exp(+- `balance`), as cameras balance white. A picture keeps
    its colours with probability `1 - probability`.
    """
    numbers = uniforms(seeds, JITTER, 8)
    is_changed = numbers[:, 0] < probability
    factors = 1 + strength * np.where(is_changed[:, None], 2 * numbers[:, 1:4] - 1, 0)
    brightness, contrast, saturation = np.maximum(factors, 0).T
    angle = 2 * np.pi * hue * np.where(is_changed, 2 * numbers[:, 4] - 1, 0)
    rotation = np.zeros((len(seeds), 3, 3))
    rotation[:, 0, 0] = 1
    rotation[:, 1, 1] = rotation[:, 2, 2] = np.cos(angle)
    rotation[:, 1, 2], rotation[:, 2, 1] = -np.sin(angle), np.sin(angle)
    weight = saturation[:, None, None]
    saturate = weight * np.eye(3) + (1 - weight) * GRAY
    matrix = (brightness * contrast)[:, None, None] * (_RGB @ rotation @ _YIQ @ saturate)
    if balance:
        gains = np.exp(balance * np.where(is_changed[:, None], 2 * numbers[:, 5:8] - 1, 0))
        matrix = matrix * gains[:, None, :]
    offset = brightness * (1 - contrast)
    return ColourMaps(torch.from_numpy(matrix).float(), torch.from_numpy(offset).float())


def apply_colour_maps(pixels: Tensor, maps: ColourMaps) -> Tensor:
    """Return pixels float32 (B, 3, N) in [0, 1] under their maps, clamped to [0, 1] again."""
    gray = torch.tensor(GRAY, dtype=torch.float32).to(pixels.device)
    matrix = maps.matrix.to(pixels.device, non_blocking=True)
    offset = maps.offset.to(pixels.device, non_blocking=True) * (pixels.mean(dim=2) @ gray)
    return torch.baddbmm(offset[:, None, None], matrix, pixels).clamp_(0, 1)
