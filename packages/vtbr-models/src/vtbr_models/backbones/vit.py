"""Vision Transformer ("An Image is Worth 16x16 Words", Dosovitskiy et al., ICLR 2021), as torchvision has it.

Legend: B images, C width, h w pixels, gh gw patches.
"""

from __future__ import annotations

from typing import Any

import torch
from einops import rearrange, repeat
from torch import Tensor
from torch.nn import functional
from torchvision.models.vision_transformer import VisionTransformer

from .backbone import Backbone

_PATCH = 16
_TRAINED_SIZE = 224  # pixels a side that torchvision's position embeddings are for


class ViTBackbone(VisionTransformer, Backbone):  # type: ignore[misc]
    """A torchvision ViT without its classifier, for images of any size that its patches divide.

    The position embeddings keep torchvision's shape, 14 x 14 patches and the class token, so that its
    weights load as they are; for other sizes they are interpolated as they are used.
    """

    classifier_prefix = "heads."

    conv_proj: Any
    class_token: Tensor
    encoder: Any

    def __init__(self, name: str, *, last_stride: int, num_layers: int, num_heads: int, width: int) -> None:
        super().__init__(_TRAINED_SIZE, _PATCH, num_layers, num_heads, width, 4 * width)
        del self.heads, last_stride  # it has no stages: its patches are 16 pixels wide throughout
        self.width = width
        self.architecture = {"name": name}

    def forward(self, images: Tensor) -> Tensor:
        """Feature map (B, C, gh, gw), gh = h / 16, of images (B, 3, h, w): without the class token."""
        if images.shape[2] % _PATCH or images.shape[3] % _PATCH:
            size = f"{images.shape[2]} x {images.shape[3]}"
            raise ValueError(f"images of {size} pixels: both must be multiples of {_PATCH} for a ViT")
        patches = self.conv_proj(images)
        gh, gw = patches.shape[2:]
        tokens = torch.cat(
            (
                repeat(self.class_token, "1 1 c -> b 1 c", b=images.shape[0]),
                rearrange(patches, "b c gh gw -> b (gh gw) c"),
            ),
            dim=1,
        )
        encoder = self.encoder
        x = encoder.dropout(tokens + position_embedding(encoder.pos_embedding, gh, gw))
        seen = encoder.ln(encoder.layers(x))[:, 1:]
        grid: Tensor = rearrange(seen, "b (gh gw) c -> b c gh gw", gh=gh)
        return grid


def position_embedding(trained: Tensor, gh: int, gw: int) -> Tensor:
    """Position embeddings (1, 1 + gh * gw, C) from those of a square of n x n patches, (1, 1 + n * n, C).

    Bicubic, as DeiT and TransReID do it; the first, the class token's, stays. The square itself comes
    back as it is.
    """
    side = round((trained.shape[1] - 1) ** 0.5)
    if (gh, gw) == (side, side):
        return trained
    square = rearrange(trained[:, 1:], "1 (gh gw) c -> 1 c gh gw", gh=side)
    resized = functional.interpolate(square, (gh, gw), mode="bicubic", align_corners=False)
    return torch.cat((trained[:, :1], rearrange(resized, "1 c gh gw -> 1 (gh gw) c")), dim=1)


build = ViTBackbone
