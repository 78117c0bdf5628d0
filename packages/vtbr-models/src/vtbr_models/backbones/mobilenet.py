"""MobileNetV2 (Sandler et al., "Inverted Residuals and Linear Bottlenecks", CVPR 2018), of torchvision.

Legend: B images, C channels, h w pixels, gh gw grid cells.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor
from torchvision.models.mobilenetv2 import MobileNetV2

from .backbone import Backbone

_LAST_STRIDED = 14  # in `features`: the first block of 160 channels


class MobileNetV2Backbone(MobileNetV2, Backbone):  # type: ignore[misc]
    """A torchvision MobileNetV2 without its classifier: its weights load as they are."""

    classifier_prefix = "classifier."

    features: Any

    def __init__(self, name: str, *, last_stride: int, width_factor: float = 1.0) -> None:
        super().__init__(width_mult=width_factor)
        del self.classifier
        self.width = self.features[-1][0].out_channels
        self.architecture = {"name": name, "last_stride": last_stride}
        if last_stride == 1:
            depthwise = self.features[_LAST_STRIDED].conv[1][0]
            depthwise.stride = (1, 1)

    def forward(self, images: Tensor) -> Tensor:
        """Return feature map (B, C, gh, gw) of images (B, 3, h, w); gh = h / 32, or h / 16 with last stride
        1.
        """
        grid: Tensor = self.features(images)
        return grid


build = MobileNetV2Backbone
