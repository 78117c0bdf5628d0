"""Several views of a picture, whose features are averaged.

Legend: B images, h w pixels of the network's input, H W of the picture as read, D width of a feature.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import torch
from torch import Tensor

from .network import Network
from .preprocessing import Preprocessing

_MARGIN = 8  # crops are taken from a picture larger by one part in so many


class Views:
    """The picture; mirrored too with `flip`; with 5 `crops` the corners and the middle of a larger one."""

    def __init__(self, preprocessing: Preprocessing, *, flip: bool, crops: int) -> None:
        self.height, self.width = preprocessing.height, preprocessing.width
        self.flip, self.crops = flip, crops
        self.preprocessing = preprocessing
        """How pictures are to be read for this."""
        if crops > 1:
            self.preprocessing = replace(
                preprocessing,
                height=self.height + self.height // _MARGIN,
                width=self.width + self.width // _MARGIN,
            )

    def average(self, network: Network, images: Tensor) -> Tensor:
        """Return mean features (B, D) of images (B, 3, H, W)."""
        return torch.stack([network(view) for view in self._views(images)]).mean(dim=0)

    def _views(self, images: Tensor) -> Iterator[Tensor]:
        for crop in self._crops(images) if self.crops > 1 else (images,):
            yield crop
            if self.flip:
                yield crop.flip(-1)

    def _crops(self, images: Tensor) -> Iterator[Tensor]:
        down, right = images.shape[-2] - self.height, images.shape[-1] - self.width
        for top, left in ((0, 0), (0, right), (down, 0), (down, right), (down // 2, right // 2)):
            yield images[..., top : top + self.height, left : left + self.width]
