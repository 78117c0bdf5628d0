"""What some Re-ID programs add to a ResNet, under fastreid's key names.

Squeeze-and-excitation (Hu et al., CVPR 2018) at the end of each residual, and non-local blocks (Wang et al.,
CVPR 2018) behind the last blocks of a stage.

Legend: B images, C channels, gh gw grid cells, P = gh * gw, E inner channels.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torchvision.models.resnet import BasicBlock, Bottleneck, ResNet

_REDUCTION = 16


class SqueezeExcitation(nn.Module):
    """Weights each channel of an image, in (0, 1), by what all channel means say."""

    def __init__(self, num_channels: int) -> None:
        super().__init__()
        inner = num_channels // _REDUCTION
        self.fc = nn.Sequential(
            nn.Linear(num_channels, inner, bias=False),
            nn.ReLU(),
            nn.Linear(inner, num_channels, bias=False),
            nn.Sigmoid(),
        )

    def forward(self, grid: Tensor) -> Tensor:
        """Return (B, C, gh, gw), weighted."""
        weights: Tensor = self.fc(grid.mean(dim=(2, 3)))[:, :, None, None]
        return grid * weights


class SqueezedBasicBlock(BasicBlock):  # type: ignore[misc]
    """torchvision's block with squeeze-and-excitation before the sum."""

    def __init__(self, *args: object, **options: object) -> None:
        super().__init__(*args, **options)
        self.se = SqueezeExcitation(self.bn2.num_features)

    def forward(self, grid: Tensor) -> Tensor:
        """Return (B, C, gh, gw) of the stage's width."""
        shortcut = grid if self.downsample is None else self.downsample(grid)
        inner = self.relu(self.bn1(self.conv1(grid)))
        out: Tensor = self.relu(self.se(self.bn2(self.conv2(inner))) + shortcut)
        return out


class SqueezedBottleneck(Bottleneck):  # type: ignore[misc]
    """torchvision's block with squeeze-and-excitation before the sum."""

    def __init__(self, *args: object, **options: object) -> None:
        super().__init__(*args, **options)
        self.se = SqueezeExcitation(self.bn3.num_features)

    def forward(self, grid: Tensor) -> Tensor:
        """Return (B, C, gh, gw) of the stage's width."""
        shortcut = grid if self.downsample is None else self.downsample(grid)
        inner = self.relu(self.bn1(self.conv1(grid)))
        inner = self.relu(self.bn2(self.conv2(inner)))
        out: Tensor = self.relu(self.se(self.bn3(self.conv3(inner))) + shortcut)
        return out


class NonLocal(nn.Module):
    """Adds to each place what all places say, weighted by dot products (without softmax, divided by P)."""

    def __init__(self, num_channels: int, num_inner: int = 1) -> None:
        super().__init__()
        self.g, self.theta, self.phi = (nn.Conv2d(num_channels, num_inner, 1) for _ in range(3))
        norm = nn.BatchNorm2d(num_channels)
        nn.init.zeros_(norm.weight)  # begins as the identity
        self.W = nn.Sequential(nn.Conv2d(num_inner, num_channels, 1), norm)

    def forward(self, grid: Tensor) -> Tensor:
        """Return (B, C, gh, gw)."""
        g, theta, phi = (part(grid).flatten(2) for part in (self.g, self.theta, self.phi))
        # (theta^T phi) g^T / P, with the E x E product first: E is 1 in fastreid, P is hundreds.
        mixed = torch.einsum("bep,bfp->bef", phi, g) / g.shape[2]
        seen = torch.einsum("bep,bef->bfp", theta, mixed)
        out: Tensor = self.W(seen.reshape(len(grid), -1, *grid.shape[2:])) + grid  # hubconf.py has no einops
        return out


def put_non_local_blocks(network: ResNet, counts: Sequence[int]) -> None:
    """Add `counts[s]` non-local blocks, `NL_1` to `NL_4`, for the last blocks of the stages of `network`."""
    for stage, count in enumerate(counts, 1):
        last = getattr(network, f"layer{stage}")[-1]
        width = (last.bn3 if isinstance(last, Bottleneck) else last.bn2).num_features
        setattr(network, f"NL_{stage}", nn.ModuleList(NonLocal(width) for _ in range(count)))


def with_non_local(blocks: nn.Sequential, non_local: nn.ModuleList, grid: Tensor) -> Tensor:
    """Runs a stage whose last blocks are each followed by a non-local one."""
    first = len(blocks) - len(non_local)
    for number, block in enumerate(blocks):
        grid = block(grid)
        if number >= first:
            grid = non_local[number - first](grid)
    return grid
