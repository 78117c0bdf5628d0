"""ConvNeXt ("A ConvNet for the 2020s", Liu et al., CVPR 2022), as torchvision has it.

Legend: B images, C channels, h w pixels, gh gw grid cells.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn
from torch.nn import functional
from torchvision.models.convnext import CNBlockConfig, ConvNeXt

from .backbone import Backbone

_LAST_DOWNSAMPLING = 6  # in `features`: stem and four stages with three downsamplings between


class ConvNextBackbone(ConvNeXt, Backbone):  # type: ignore[misc]
    """A torchvision ConvNeXt without its classifier and the norm within it."""

    classifier_prefix = "classifier."

    features: Any

    def __init__(
        self, name: str, *, last_stride: int, depths: tuple[int, int, int, int], first_width: int, drop: float
    ) -> None:
        widths = [first_width << stage for stage in range(4)]
        stages = [
            CNBlockConfig(width, after, depth)
            for width, after, depth in zip(widths, [*widths[1:], None], depths, strict=True)
        ]
        super().__init__(stages, stochastic_depth_prob=drop)
        del self.classifier
        self.width = widths[-1]
        self.architecture = {"name": name, "last_stride": last_stride}
        if last_stride == 1:
            downsampling = self.features[_LAST_DOWNSAMPLING]
            downsampling[1] = _dense(downsampling[1])

    def forward(self, images: Tensor) -> Tensor:
        """Return feature map (B, C, gh, gw) of images (B, 3, h, w); gh = h / 32, or h / 16 with last stride
        1.
        """
        grid: Tensor = self.features(images)
        return grid


class _DenseConv2d(nn.Conv2d):
    """A convolution of 2 x 2 without stride that keeps the size, by zeros at the right and the bottom."""

    def forward(self, grid: Tensor) -> Tensor:
        return super().forward(functional.pad(grid, (0, 1, 0, 1)))


def _dense(strided: nn.Conv2d) -> nn.Conv2d:
    """Return the layer without stride and with the same weights, so that those trained with the stride load."""
    dense = _DenseConv2d(strided.in_channels, strided.out_channels, kernel_size=2)
    dense.weight, dense.bias = strided.weight, strided.bias
    return dense


build = ConvNextBackbone
