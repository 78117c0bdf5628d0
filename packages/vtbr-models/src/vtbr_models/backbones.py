"""Backbones: images in, feature map out, under torchvision's own names.

Legend: B images, C channels, h w pixels, gh gw grid cells.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from torch import nn
from torchvision.models.resnet import BasicBlock, Bottleneck, ResNet

from vtbr_models.errors import InputError

if TYPE_CHECKING:
    from torch import Tensor


class _Row(NamedTuple):
    block: Any
    depths: tuple[int, int, int, int]
    options: dict[str, int] = {}  # noqa: RUF012 -- never written to


BACKBONES: dict[str, _Row] = {
    "resnet10": _Row(BasicBlock, (1, 1, 1, 1)),
    "resnet18": _Row(BasicBlock, (2, 2, 2, 2)),
    "resnet34": _Row(BasicBlock, (3, 4, 6, 3)),
    "resnet50": _Row(Bottleneck, (3, 4, 6, 3)),
    "resnet101": _Row(Bottleneck, (3, 4, 23, 3)),
    "resnet152": _Row(Bottleneck, (3, 8, 36, 3)),
    "resnext50_32x4d": _Row(Bottleneck, (3, 4, 6, 3), {"groups": 32, "width_per_group": 4}),
    "resnext101_32x8d": _Row(Bottleneck, (3, 4, 23, 3), {"groups": 32, "width_per_group": 8}),
    "resnext101_64x4d": _Row(Bottleneck, (3, 4, 23, 3), {"groups": 64, "width_per_group": 4}),
    "wide_resnet50_2": _Row(Bottleneck, (3, 4, 6, 3), {"width_per_group": 128}),
    "wide_resnet101_2": _Row(Bottleneck, (3, 4, 23, 3), {"width_per_group": 128}),
}
"""Name to what torchvision's ResNet is built from: a new member is one more row."""


class Backbone(ResNet):  # type: ignore[misc]
    """A torchvision ResNet without its classifier.

    `forward` maps images (B, 3, h, w) to the feature map (B, C, gh, gw); `width` is C. The
    parameters bear torchvision's names, so its weights load as they are.
    """

    def __init__(self, name: str, last_stride: Literal[1, 2], stem: str = "torchvision") -> None:
        row = BACKBONES[name]
        # The last batch norm of each block starts at 0, so that a block begins as the identity
        # (Goyal et al. 2017, section 5.1): nets here are trained from scratch.
        super().__init__(row.block, list(row.depths), zero_init_residual=True, **row.options)
        self.width: int = self.fc.in_features
        del self.fc
        self.architecture: dict[str, Any] = {"name": name, "last_stride": last_stride}
        if stem != "torchvision":
            self.architecture["stem"] = stem
        if stem == "without-relu":
            self.relu = nn.Identity()
        if stem == "pool-ceil":
            self.maxpool = nn.MaxPool2d(kernel_size=3, stride=2, ceil_mode=True)
        if last_stride == 1:
            first = self.layer4[0]
            strided = first.conv2 if row.block is Bottleneck else first.conv1
            strided.stride = first.downsample[0].stride = (1, 1)

    def forward(self, images: Tensor) -> Tensor:
        """Feature map (B, C, gh, gw) of images (B, 3, h, w); gh = h / 32, or h / 16 with last stride 1."""
        grid: Tensor = self.maxpool(self.relu(self.bn1(self.conv1(images))))
        for layer in (self.layer1, self.layer2, self.layer3, self.layer4):
            grid = layer(grid)
        return grid


def build_backbone(name: str, *, last_stride: int = 2, stem: str = "torchvision") -> Backbone:
    """A backbone with random weights; nothing is downloaded.

    Raises InputError for a name that is not in `BACKBONES` or a last stride other than 1 or 2.

    >>> build_backbone("resnet10", last_stride=1).width
    512
    """
    if name not in BACKBONES:
        near = get_close_matches(name, BACKBONES, cutoff=0.4) or list(BACKBONES)
        raise InputError(f"no backbone is called {name!r}: choose {', '.join(near)} (`vtbr-models list`)")
    if last_stride not in (1, 2):
        raise InputError(f"last_stride must be 1 or 2, not {last_stride!r}")
    return Backbone(name, 1 if last_stride == 1 else 2, stem)
