"""OSNet (Zhou et al., "Omni-Scale Feature Learning for Person Re-Identification", ICCV 2019), with variants.

IBN: instance norms at the end of the first stage's blocks (after Pan et al., ECCV 2018). AIN: instance norms
inside the residuals of the blocks that the authors' search chose ("Learning Generalisable Omni-Scale
Representations", TPAMI 2021). Key names are those of the published weights.

Legend: B images, C channels, h w pixels, gh gw grid cells.
"""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from .backbone import Backbone

_NUM_STREAMS = 4  # of 1 to 4 light convolutions, so with fields of view of 3, 5, 7 and 9 cells a side
_BOTTLENECK = 4  # a block's streams are that many times narrower than the block
_GATE_REDUCTION = 16
_AIN = ((True, True), (False, True), (True, False))
"""By stage and block: whether the instance norm is inside the residual (Figure 5 of the AIN paper)."""


class _Conv(nn.Module):
    """A convolution, its norm and perhaps a ReLU."""

    def __init__(
        self,
        num_in: int,
        num_out: int,
        size: int = 1,
        *,
        stride: int = 1,
        norm: type[nn.Module] | None = nn.BatchNorm2d,
        relu: bool = True,
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(num_in, num_out, size, stride, size // 2, bias=False)
        if norm is not None:
            self.bn = _norm(norm, num_out)
        self.has_norm, self.has_relu = norm is not None, relu

    def forward(self, grid: Tensor) -> Tensor:
        out: Tensor = self.conv(grid)
        if self.has_norm:
            out = self.bn(out)
        return functional.relu(out, inplace=True) if self.has_relu else out


class _LightConv(nn.Module):
    """A convolution of 3 x 3 in two steps: over channels, then over places for each channel alone."""

    norm_after: ClassVar = {"conv2": "bn"}
    """For folding: which norm follows which convolution."""

    def __init__(self, num_channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(num_channels, num_channels, 1, bias=False)
        self.conv2 = nn.Conv2d(num_channels, num_channels, 3, 1, 1, groups=num_channels, bias=False)
        self.bn = nn.BatchNorm2d(num_channels)

    def forward(self, grid: Tensor) -> Tensor:
        return functional.relu(self.bn(self.conv2(self.conv1(grid))), inplace=True)


class _Stream(nn.Module):
    """AIN's name for a row of light convolutions."""

    def __init__(self, layers: nn.Sequential) -> None:
        super().__init__()
        self.layers = layers

    def forward(self, grid: Tensor) -> Tensor:
        out: Tensor = self.layers(grid)
        return out


class _Gate(nn.Module):
    """The weight of each channel of an image, in (0, 1), from the channel means; shared by all streams."""

    def __init__(self, num_channels: int) -> None:
        super().__init__()
        self.fc1 = nn.Conv2d(num_channels, num_channels // _GATE_REDUCTION, 1)
        self.fc2 = nn.Conv2d(num_channels // _GATE_REDUCTION, num_channels, 1)

    def forward(self, grid: Tensor) -> Tensor:
        """Return (B, C, gh, gw), weighted."""
        means = grid.mean(dim=(2, 3), keepdim=True)
        weights: Tensor = torch.sigmoid(self.fc2(functional.relu(self.fc1(means))))
        return grid * weights


class _Block(nn.Module):
    """A residual block of four streams of different fields of view, gated and added.

    `norm` is where an instance norm is: None, `end` (after the sum, IBN) or `residual` (before it, AIN).
    `ain` chooses between the two ways in which the streams' keys are named.
    """

    IN: nn.Module
    downsample: nn.Module

    def __init__(self, num_in: int, num_out: int, *, norm: str | None, ain: bool) -> None:
        super().__init__()
        width = num_out // _BOTTLENECK
        self.conv1 = _Conv(num_in, width)
        rows = [
            nn.Sequential(*(_LightConv(width) for _ in range(length)))
            for length in range(1, _NUM_STREAMS + 1)
        ]
        if ain:
            self.conv2 = nn.ModuleList(_Stream(row) for row in rows)
        else:
            self.conv2a, self.conv2b, self.conv2c, self.conv2d = (
                row[0] if len(row) == 1 else row for row in rows
            )
        self.gate = _Gate(width)
        self.conv3 = _Conv(width, num_out, norm=None if norm == "residual" else nn.BatchNorm2d, relu=False)
        self.is_narrow = num_in != num_out
        if self.is_narrow:
            self.downsample = _Conv(num_in, num_out, relu=False)
        if norm is not None:
            self.IN = _norm(nn.InstanceNorm2d, num_out)
        self.norm, self.ain = norm, ain

    def forward(self, grid: Tensor) -> Tensor:
        """Return (B, C, gh, gw) of the block's width."""
        inner = self.conv1(grid)
        streams = self.conv2 if self.ain else (self.conv2a, self.conv2b, self.conv2c, self.conv2d)
        out = self.conv3(sum(self.gate(stream(inner)) for stream in streams))
        if self.norm == "residual":
            out = self.IN(out)
        out = out + (self.downsample(grid) if self.is_narrow else grid)
        if self.norm == "end":
            out = self.IN(out)
        return functional.relu(out, inplace=True)


class OSNetBackbone(Backbone):
    """An OSNet without its linear layer and its classifier, which an embedder's reduction and neck are."""

    classifier_prefix = "classifier."

    def __init__(
        self, name: str, *, last_stride: int, widths: tuple[int, int, int, int], variant: str | None = None
    ) -> None:
        super().__init__()
        del last_stride  # its grid has h / 16 rows in any case
        ain = variant == "ain"
        self.conv1 = _Conv(
            3, widths[0], 7, stride=2, norm=nn.BatchNorm2d if variant is None else nn.InstanceNorm2d
        )
        for stage in range(3):
            blocks: list[nn.Module] = []
            for block in range(2):
                norm = "residual" if ain and _AIN[stage][block] else None
                norm = "end" if variant == "ibn" and stage == 0 else norm
                blocks.append(_Block(widths[stage + (block > 0)], widths[stage + 1], norm=norm, ain=ain))
            shrink = nn.Sequential(_Conv(widths[stage + 1], widths[stage + 1]), nn.AvgPool2d(2, 2))
            if stage < 2 and ain:
                setattr(self, f"pool{stage + 2}", shrink)
            elif stage < 2:
                blocks.append(shrink)
            setattr(self, f"conv{stage + 2}", nn.Sequential(*blocks))
        self.conv5 = _Conv(widths[3], widths[3])
        self.stages = ["conv2", "pool2", "conv3", "pool3", "conv4"] if ain else ["conv2", "conv3", "conv4"]
        self.width = widths[3]
        self.architecture: dict[str, Any] = {"name": name}
        _initialise(self)

    def forward(self, images: Tensor) -> Tensor:
        """Return feature map (B, C, gh, gw), gh = h / 16, of images (B, 3, h, w)."""
        grid = functional.max_pool2d(self.conv1(images), 3, stride=2, padding=1)
        for stage in self.stages:
            grid = getattr(self, stage)(grid)
        out: Tensor = self.conv5(grid)
        return out


def _norm(kind: type[nn.Module], num_channels: int) -> nn.Module:
    options = {"affine": True} if kind is nn.InstanceNorm2d else {}
    return kind(num_channels, **options)


def _initialise(network: nn.Module) -> None:
    """Draws convolutions as He et al. (ICCV 2015) do, by the number of their outputs; shifts start at 0."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)


build = OSNetBackbone
