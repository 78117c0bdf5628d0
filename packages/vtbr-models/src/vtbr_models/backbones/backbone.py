"""What every backbone is.

Legend: B images, C channels, h w pixels, gh gw grid cells.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from torch import Tensor, nn


class Backbone(nn.Module, ABC):
    """A network without its classifier: images (B, 3, h, w) to a feature map (B, C, gh, gw)."""

    width: int
    """C: channels of the feature map, and so of what is pooled from it."""
    architecture: dict[str, Any]
    """As checkpoints hold it: `name` and, where there is one, `last_stride`."""
    classifier_prefix: str
    """How the keys begin that others' weights have besides ours."""

    @abstractmethod
    def forward(self, images: Tensor) -> Tensor:
        """Return feature map (B, C, gh, gw) of images (B, 3, h, w)."""
