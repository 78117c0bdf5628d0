"""ResNet and what torchvision builds like it, with or without instance norms (IBN-Net).

Legend: B images, C channels, h w pixels, gh gw grid cells.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torchvision.models.resnet import BasicBlock, Bottleneck, ResNet

from ..errors import InputError
from .backbone import Backbone
from .instance_norm import InstanceNormBottleneck, put_instance_norms
from .resnet_attention import (
    SqueezedBasicBlock,
    SqueezedBottleneck,
    put_non_local_blocks,
    with_non_local,
)

_BLOCKS = {
    ("basic", False): BasicBlock,
    ("bottleneck", False): Bottleneck,
    ("basic", True): SqueezedBasicBlock,
    ("bottleneck", True): SqueezedBottleneck,
}
_NO_BLOCKS = (0, 0, 0, 0)


class ResNetBackbone(ResNet, Backbone):  # type: ignore[misc]
    """A torchvision ResNet without its classifier: its weights load as they are."""

    classifier_prefix = "fc."

    conv1: Any
    bn1: Any
    relu: Any
    maxpool: Any
    layer1: Any
    layer2: Any
    layer3: Any
    layer4: Any
    fc: Any

    def __init__(
        self,
        name: str,
        *,
        last_stride: int,
        block: str,
        depths: tuple[int, int, int, int],
        ibn: str | None = None,
        stem: str = "torchvision",
        squeeze: bool = False,
        non_local: Sequence[int] = _NO_BLOCKS,
        mid_level: bool = False,
        **options: int,
    ) -> None:
        kind = InstanceNormBottleneck if ibn == "b" else _BLOCKS[block, squeeze]
        # The last batch norm of each block starts at 0, so that a block begins as the identity
        # (Goyal et al. 2017, section 5.1): nets here are trained from scratch.
        super().__init__(kind, list(depths), zero_init_residual=True, **options)
        self.width = self.fc.in_features
        del self.fc
        self.architecture = {"name": name, "last_stride": last_stride}
        if ibn is not None:
            put_instance_norms(self, ibn)
        if squeeze:
            self.architecture["squeeze"] = True
        self.non_local = tuple(non_local)
        if self.non_local != _NO_BLOCKS:
            put_non_local_blocks(self, self.non_local)
            self.architecture["non_local"] = list(self.non_local)
        self.mid_level = mid_level
        if mid_level and self.non_local != _NO_BLOCKS:
            raise InputError(f"{name} cannot have mid_level and non_local blocks together: leave one out")
        if mid_level:
            self.width *= len(self.layer4)
            self.architecture["mid_level"] = True
        if stem != "torchvision":
            self.architecture["stem"] = stem
        if stem == "without-relu":
            self.relu = nn.Identity()  # of the stem alone: each block has its own
        if stem == "pool-ceil":
            self.maxpool = nn.MaxPool2d(kernel_size=3, stride=2, ceil_mode=True)
        if last_stride == 1:
            first = self.layer4[0]
            strided = first.conv2 if isinstance(first, Bottleneck) else first.conv1
            strided.stride = first.downsample[0].stride = (1, 1)

    def forward(self, images: Tensor) -> Tensor:
        """Return the feature map (B, C, gh, gw) of images (B, 3, h, w); gh = h / 32, or h / 16 with last stride 1.

        With `mid_level` the maps of all blocks of the last stage are side by side, the last one last
        (Yu et al., arXiv 1711.08106).
        """
        grid: Tensor = self.maxpool(self.relu(self.bn1(self.conv1(images))))
        if self.non_local != _NO_BLOCKS:
            for stage in range(1, 5):
                grid = with_non_local(getattr(self, f"layer{stage}"), getattr(self, f"NL_{stage}"), grid)
            return grid
        for layer in (self.layer1, self.layer2, self.layer3):
            grid = layer(grid)
        if not self.mid_level:
            last: Tensor = self.layer4(grid)
            return last
        grids = []
        for block in self.layer4:
            grid = block(grid)
            grids.append(grid)
        return torch.cat(grids, dim=1)


build = ResNetBackbone
