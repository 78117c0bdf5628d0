"""Vision Transformer ("An Image is Worth 16x16 Words", Dosovitskiy et al., ICLR 2021), as torchvision has it.

With the variants of Re-ID (TransReID, He et al., ICCV 2021): position embeddings of a pedestrian's grid,
patches that overlap, and the class token as the feature.

Legend: B images, C width, h w pixels, gh gw patches.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from einops import rearrange, reduce, repeat
from torch import Tensor, nn
from torch.nn import functional
from torchvision.models.vision_transformer import VisionTransformer

from ..errors import InputError
from .backbone import Backbone

_PATCH = 16
_TRAINED_SIZE = 224  # pixels a side that torchvision's position embeddings are for
_TRAINED_GRID = (_TRAINED_SIZE // _PATCH, _TRAINED_SIZE // _PATCH)


class ViTBackbone(VisionTransformer, Backbone):  # type: ignore[misc]
    """A torchvision ViT without its classifier, for images of any size that its patches divide.

    The position embeddings keep the shape they were trained with, `grid` and the class token (14 x 14 of
    torchvision's weights), so that weights load as they are; for other sizes they are interpolated as they
    are used. Patches begin every `step` pixels. `parts` further tokens look on as the class token does (PASS,
    Zhu et al., ECCV 2022). With `output` `class` the feature map is the class token alone, (B, C, 1, 1); with
    `parts` that token and the mean of the parts' side by side, (B, 2 C, 1, 1); with `parts-mean` the mean of both.
    """

    classifier_prefix = "heads."

    conv_proj: Any
    class_token: Tensor
    encoder: Any

    def __init__(
        self,
        name: str,
        *,
        last_stride: int,
        num_layers: int,
        num_heads: int,
        width: int,
        grid: Sequence[int] = _TRAINED_GRID,
        step: int = _PATCH,
        output: str = "patches",
        parts: int = 0,
    ) -> None:
        super().__init__(_TRAINED_SIZE, _PATCH, num_layers, num_heads, width, 4 * width)
        del self.heads, last_stride  # it has no stages: its patches are 16 pixels wide throughout
        if output.startswith("parts") and not parts:
            raise InputError(f"{name} cannot have the output {output!r} without parts")
        self.width = 2 * width if output == "parts" else width
        self.grid, self.step, self.output, self.parts = (grid[0], grid[1]), step, output, parts
        self.conv_proj.stride = (step, step)
        self.architecture = {"name": name}
        if self.grid != _TRAINED_GRID:
            shape = (1, 1 + self.grid[0] * self.grid[1], width)
            self.encoder.pos_embedding = nn.Parameter(torch.empty(shape).normal_(std=0.02))  # as torchvision
            self.architecture["grid"] = list(self.grid)
        if step != _PATCH:
            self.architecture["step"] = step
        if output != "patches":
            self.architecture["output"] = output
        if parts:
            self.part_tokens = nn.Parameter(torch.empty(1, parts, width).normal_(std=0.02))
            self.architecture["parts"] = parts

    def forward(self, images: Tensor) -> Tensor:
        """Return the feature map (B, C, gh, gw) of images (B, 3, h, w): the patches, or as `output` says.

        gh = (h - 16) / step + 1, rounded down. Raises ValueError for pixels that patches side by side leave over.
        """
        if self.step == _PATCH and (images.shape[2] % _PATCH or images.shape[3] % _PATCH):
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
        x = encoder.dropout(tokens + position_embedding(encoder.pos_embedding, gh, gw, self.grid))
        if self.parts:
            x = torch.cat((x, repeat(self.part_tokens, "1 p c -> b p c", b=len(x))), dim=1)
        seen = encoder.ln(encoder.layers(x))
        if self.output == "patches":
            grid: Tensor = rearrange(seen[:, 1 : 1 + gh * gw], "b (gh gw) c -> b c gh gw", gh=gh)
            return grid
        feature: Tensor = rearrange(self._feature(seen), "b c -> b c 1 1")
        return feature

    def _feature(self, seen: Tensor) -> Tensor:
        """Return (B, C) of the tokens (B, 1 + gh * gw + parts, C), class first and parts last."""
        class_token = seen[:, 0]
        if self.output == "class":
            return class_token
        parts = reduce(seen[:, -self.parts :], "b p c -> b c", "mean")
        return torch.cat((class_token, parts), dim=1) if self.output == "parts" else (class_token + parts) / 2


def position_embedding(trained: Tensor, gh: int, gw: int, grid: tuple[int, int] = _TRAINED_GRID) -> Tensor:
    """Return position embeddings (1, 1 + gh * gw, C) from those of a `grid` of patches, (1, 1 + rows *
    columns, C).

    Bicubic, as DeiT and TransReID do it; the first, the class token's, stays. Those of the grid itself are
    returned as they are.
    """
    if (gh, gw) == grid:
        return trained
    square = rearrange(trained[:, 1:], "1 (gh gw) c -> 1 c gh gw", gh=grid[0])
    resized = functional.interpolate(square, (gh, gw), mode="bicubic", align_corners=False)
    return torch.cat((trained[:, :1], rearrange(resized, "1 c gh gw -> 1 (gh gw) c")), dim=1)


build = ViTBackbone
