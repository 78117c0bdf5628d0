"""ResNets for small pictures: no pooling behind the first convolution, and in the light ones half the channels.

A picture of 64 x 32 pixels keeps 8 x 4 places, as one of 128 x 64 does in torchvision's ResNet at a last
stride of 1.

Legend: B images, C channels, h w pixels, gh gw grid cells.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn
from torch.nn import functional
from torchvision.models.resnet import BasicBlock

from .backbone import Backbone
from .instance_norm import put_instance_norms

LIGHT_WIDTH = 32
"""Channels of the light ones' stem and first stage; each further stage has twice as many."""


class LightResNet(Backbone):
    """Stem and four stages of basic blocks, under torchvision's key names."""

    classifier_prefix = "fc."

    bn1: Any
    layer1: Any
    layer2: Any
    layer3: Any
    layer4: Any

    def __init__(
        self,
        name: str,
        *,
        last_stride: int,
        depths: tuple[int, int, int, int],
        ibn: str | None = None,
        first_width: int = LIGHT_WIDTH,
    ) -> None:
        super().__init__()
        widths = [first_width * 2**stage for stage in range(4)]
        self.conv1 = nn.Conv2d(3, first_width, kernel_size=5, stride=2, padding=2, bias=False)
        self.bn1 = nn.BatchNorm2d(first_width)
        self.layer1 = _stage(first_width, widths[0], depths[0], stride=1)
        self.layer2 = _stage(widths[0], widths[1], depths[1], stride=2)
        self.layer3 = _stage(widths[1], widths[2], depths[2], stride=2)
        self.layer4 = _stage(widths[2], widths[3], depths[3], stride=last_stride)
        self.width = widths[-1]
        self.architecture = {"name": name, "last_stride": last_stride}
        if ibn is not None:
            put_instance_norms(self, ibn)

    def forward(self, images: Tensor) -> Tensor:
        """Return feature map (B, C, gh, gw) of images (B, 3, h, w); gh = h / 16, or h / 8 with last stride 1."""
        grid: Tensor = functional.relu(self.bn1(self.conv1(images)))
        for stage in (self.layer1, self.layer2, self.layer3, self.layer4):
            grid = stage(grid)
        return grid


build = LightResNet


def _stage(incoming: int, width: int, depth: int, *, stride: int) -> nn.Sequential:
    shortcut = None
    if stride != 1 or incoming != width:
        shortcut = nn.Sequential(
            nn.Conv2d(incoming, width, kernel_size=1, stride=stride, bias=False), nn.BatchNorm2d(width)
        )
    first = BasicBlock(incoming, width, stride, shortcut)
    return nn.Sequential(first, *(BasicBlock(width, width) for _ in range(depth - 1)))
