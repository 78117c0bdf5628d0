"""Swin Transformer (Liu et al., "Hierarchical Vision Transformer using Shifted Windows", ICCV 2021).

As torchvision has it, with two variants of Re-ID weights (SOLIDER, Chen et al., CVPR 2023): merged patches with a bias,
and windows that are shifted on every grid.

Legend: B images, C channels, h w pixels, H W cells of a grid, N windows, T cells of a window, A heads.
"""

from __future__ import annotations

from typing import Any

import torch
from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional
from torchvision.models.swin_transformer import ShiftedWindowAttention, SwinTransformer, SwinTransformerBlock

from .backbone import Backbone

_PATCH, _WINDOW = 4, 7  # cells a side; a grid is padded to whole windows
_MERGINGS = (2, 4, 6)  # in `features`
_APART = -100.0  # added to the logits of cells that are no neighbours; what the weights were trained with


class SwinBackbone(SwinTransformer, Backbone):  # type: ignore[misc]
    """A torchvision Swin Transformer without its classifier, for images of any size.

    torchvision does not shift windows along a side that is one window wide; with `shift` `always` they are. With
    `merging_bias` the linear maps between stages have a bias.
    """

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
        shift: str = "torchvision",
        merging_bias: bool = False,
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
        self.architecture: dict[str, Any] = {"name": name}
        if shift == "always":
            self.architecture["shift"] = shift
            _shift_always(self)
        if merging_bias:
            self.architecture["merging_bias"] = True
            for place in _MERGINGS:
                linear = self.features[place].reduction
                linear.bias = nn.Parameter(torch.zeros(linear.out_features))

    def forward(self, images: Tensor) -> Tensor:
        """Return feature map (B, C, H, W), H = h / 32, of images (B, 3, h, w)."""
        grid: Tensor = rearrange(self.norm(self.features(images)), "b h w c -> b c h w")
        return grid


class _AlwaysShifted(ShiftedWindowAttention):  # type: ignore[misc]
    """Attention in windows that are shifted whatever the size of the grid; weights are torchvision's."""

    def forward(self, grid: Tensor) -> Tensor:
        """Return (B, H, W, C)."""
        height, width = grid.shape[1:3]
        padded = functional.pad(grid, (0, 0, 0, -width % _WINDOW, 0, -height % _WINDOW))
        shift = self.shift_size[0]
        rows, columns = padded.shape[1] // _WINDOW, padded.shape[2] // _WINDOW
        rolled = torch.roll(padded, (-shift, -shift), (1, 2))
        cells = rearrange(rolled, "b (n p) (m q) c -> (b n m) (p q) c", p=_WINDOW, q=_WINDOW)
        query, key, value = rearrange(self.qkv(cells), "n t (k a d) -> k n a t d", k=3, a=self.num_heads)
        bias = self.get_relative_position_bias()  # (1, A, T, T)
        apart = _apart(rows, columns, shift, grid.device, bias.dtype)
        mask = bias + apart.repeat(len(grid), 1, 1, 1)
        seen = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask.to(query.dtype))
        out = self.proj(rearrange(seen, "n a t d -> n t (a d)"))
        whole = rearrange(out, "(b n m) (p q) c -> b (n p) (m q) c", n=rows, m=columns, p=_WINDOW)
        whole = torch.roll(whole, (shift, shift), (1, 2))[:, :height, :width]
        return whole.contiguous()


def _apart(rows: int, columns: int, shift: int, device: torch.device, dtype: torch.dtype) -> Tensor:
    """Return what is added to the logits of each window, (N, 1, T, T): below 0 for cells that rolling brought
    together.
    """
    sides = []
    for windows in (rows, columns):
        side = torch.zeros(windows * _WINDOW, device=device, dtype=torch.int64)
        side[-_WINDOW:] = 1
        side[-shift:] = 2
        sides.append(side)
    region = 3 * rearrange(sides[0], "h -> h 1") + sides[1]
    cells = rearrange(region, "(n p) (m q) -> (n m) (p q)", p=_WINDOW, q=_WINDOW)
    differ = rearrange(cells, "n t -> n 1 t 1") != rearrange(cells, "n t -> n 1 1 t")
    return differ.to(dtype) * _APART


def _shift_always(network: SwinTransformer) -> None:
    for module in network.modules():
        if isinstance(module, SwinTransformerBlock) and module.attn.shift_size[0] > 0:
            plain = module.attn
            shifted = _AlwaysShifted(
                plain.qkv.in_features, plain.window_size, plain.shift_size, plain.num_heads
            )
            shifted.load_state_dict(plain.state_dict())
            module.attn = shifted


build = SwinBackbone
