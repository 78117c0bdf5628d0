"""Strided convolutions that are right on narrow maps, where oneDNN's bfloat16 kernels are not.

oneDNN (up to 3.12 at least, the one in torch 2.14) reads memory that was never written when a convolution
wider than 1 computes in bfloat16 with a horizontal stride above 1 and gives a map of width 1. Its output (on
processors with AMX), and on maps narrower than the stride the gradient of its weight (on all that have
bfloat16), then hold what was in memory before, such as 1e31 or NaN. It makes no difference whether channels
come last. `benchmarks/models/narrow_convolution.py` shows it with torch alone.

Legend: B images, C channels, gh gw grid cells.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


class StridedConv2d(nn.Conv2d):
    """A convolution with a stride whose result does not depend on what was in memory before."""

    def forward(self, grid: Tensor) -> Tensor:
        """Convolve a map (B, C, gh, gw).

        Where the result has width 1, the horizontal stride does not matter: it is left out and the first
        column kept.
        """
        if not (_computes_in_bfloat16(grid) and self._gives_one_column(grid.shape[3])):
            return super().forward(grid)
        stride = (self.stride[0], 1)
        columns = functional.conv2d(
            grid, self.weight, self.bias, stride, self.padding, self.dilation, self.groups
        )
        return columns[..., :1]

    def _gives_one_column(self, width: int) -> bool:
        assert not isinstance(self.padding, str)
        reach = self.dilation[1] * (self.kernel_size[1] - 1)
        return width + 2 * self.padding[1] - reach <= self.stride[1]


def guard_narrow_maps(network: nn.Module) -> None:
    """Replace each convolution of `network` that can go wrong on narrow maps, in place.

    Weights and their names stay.
    """
    for name, child in list(network.named_children()):
        if type(child) is nn.Conv2d and child.kernel_size[1] > 1 and child.stride[1] > 1:
            setattr(network, name, _guarded(child))
        else:
            guard_narrow_maps(child)


def _guarded(convolution: nn.Conv2d) -> StridedConv2d:
    guarded = StridedConv2d(
        convolution.in_channels,
        convolution.out_channels,
        convolution.kernel_size,  # type: ignore[arg-type]
        convolution.stride,  # type: ignore[arg-type]
        convolution.padding,  # type: ignore[arg-type]
        convolution.dilation,  # type: ignore[arg-type]
        convolution.groups,
        bias=convolution.bias is not None,
        device="meta",  # draws no random numbers
    )
    guarded.weight, guarded.bias = convolution.weight, convolution.bias
    return guarded


def _computes_in_bfloat16(grid: Tensor) -> bool:
    if grid.device.type != "cpu":
        return False
    if torch.is_autocast_enabled("cpu"):
        return torch.get_autocast_dtype("cpu") == torch.bfloat16
    return grid.dtype == torch.bfloat16
