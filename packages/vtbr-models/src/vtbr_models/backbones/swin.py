"""Swin Transformer (Liu et al., "Hierarchical Vision Transformer using Shifted Windows", ICCV 2021).

Legend: B images, C channels, h w pixels, gh gw grid cells.
"""

from __future__ import annotations

from typing import Any

from einops import rearrange
from torch import Tensor
from torchvision.models.swin_transformer import SwinTransformer

from .backbone import Backbone

_PATCH, _WINDOW = 4, 7  # cells a side; torchvision pads a grid to whole windows


class SwinBackbone(SwinTransformer, Backbone):  # type: ignore[misc]
    """A torchvision Swin Transformer without its classifier, for images of any size."""

    classifier_prefix = "head."

    features: Any
    norm: Any

    def __init__(
        self,
        name: str,
        *,
        last_stride: int,
        depths: tuple[int, int, int, int],
        num_heads: tuple[int, int, int, int],
        first_width: int,
        drop: float,
    ) -> None:
        super().__init__(
            [_PATCH, _PATCH],
            first_width,
            list(depths),
            list(num_heads),
            [_WINDOW, _WINDOW],
            stochastic_depth_prob=drop,
        )
        del self.head, last_stride  # merging patches is what its weights have learnt: no stride to take away
        self.width = first_width << 3
        self.architecture = {"name": name}

    def forward(self, images: Tensor) -> Tensor:
        """Feature map (B, C, gh, gw), gh = h / 32, of images (B, 3, h, w)."""
        grid: Tensor = rearrange(self.norm(self.features(images)), "b gh gw c -> b c gh gw")
        return grid


build = SwinBackbone
