"""Instance norms in a ResNet: less of a picture's style, its camera's and its weather's, goes through.

"Two at Once: Enhancing Learning and Generalization Capacities via IBN-Net" (Pan et al., ECCV 2018),
under the key names of the authors' published weights.

Legend: B images, C channels, gh gw grid cells.
"""

from __future__ import annotations

from typing import Any, Protocol

import torch
from torch import Tensor, nn
from torchvision.models.resnet import Bottleneck


class InstanceBatchNorm(nn.Module):
    """IBN-a's layer: instance norm on the first half of the channels, batch norm on the others."""

    def __init__(self, num_channels: int) -> None:
        super().__init__()
        self.num_instance = num_channels // 2
        self.IN = nn.InstanceNorm2d(self.num_instance, affine=True)
        self.BN = nn.BatchNorm2d(num_channels - self.num_instance)

    def forward(self, grid: Tensor) -> Tensor:
        """Return normalised (B, C, gh, gw)."""
        first, rest = grid[:, : self.num_instance], grid[:, self.num_instance :]
        return torch.cat((self.IN(first), self.BN(rest)), dim=1)


class InstanceNormBottleneck(Bottleneck):  # type: ignore[misc]
    """torchvision's block with a place for IBN-b's instance norm, after the sum; empty at first."""

    def __init__(self, *args: object, **options: object) -> None:
        super().__init__(*args, **options)
        self.IN: nn.Module = nn.Identity()

    def forward(self, grid: Tensor) -> Tensor:
        """Return (B, C, gh, gw) of one stage's width, of the stage before's or this one's."""
        shortcut = grid if self.downsample is None else self.downsample(grid)
        inner = self.relu(self.bn1(self.conv1(grid)))
        inner = self.relu(self.bn2(self.conv2(inner)))
        out: Tensor = self.relu(self.IN(self.bn3(self.conv3(inner)) + shortcut))
        return out


class Stages(Protocol):
    """A ResNet, torchvision's or the light one, by what instance norms are put in."""

    bn1: Any
    layer1: Any
    layer2: Any
    layer3: Any


def put_instance_norms(network: Stages, variant: str) -> None:
    """Change `network` into its IBN variant, as the authors configure it.

    `a`: the first norm of each block of the first three stages. `b`: the norm of the stem, and one at
    the end of the first two stages.
    """
    if variant == "a":
        for stage in (network.layer1, network.layer2, network.layer3):
            for block in stage:
                block.bn1 = InstanceBatchNorm(block.bn1.num_features)
        return
    network.bn1 = nn.InstanceNorm2d(network.bn1.num_features, affine=True)
    for stage in (network.layer1, network.layer2):
        stage[-1].IN = nn.InstanceNorm2d(stage[-1].bn3.num_features, affine=True)
