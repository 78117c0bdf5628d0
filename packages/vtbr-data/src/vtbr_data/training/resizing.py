"""Pictures of any sizes to one size.

B images, H height, W width, in pixels.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import interpolate

from ..decoding import Pixels


def resize(pictures: Sequence[Pixels], height: int, width: int) -> Tensor:
    """Return the pictures in one size, bilinear with antialiasing, uint8 (B, height, width, 3).

    Pictures of one shape are resized together, which is twice as fast.
    """
    if len({picture.shape for picture in pictures}) == 1:
        return _resized(np.stack(pictures), height, width)
    places: dict[tuple[int, ...], list[int]] = {}
    for place, picture in enumerate(pictures):
        places.setdefault(picture.shape, []).append(place)
    resized = torch.empty((len(pictures), height, width, 3), dtype=torch.uint8)
    for some in places.values():
        for place, one in zip(
            some, _resized(np.stack([pictures[i] for i in some]), height, width), strict=True
        ):
            resized[place] = one
    return resized


def _resized(pictures: Pixels, height: int, width: int) -> Tensor:
    stack = torch.from_numpy(pictures)
    if pictures.shape[1:3] == (height, width):
        return stack
    # (B, 3, H, W) whose memory is (B, H, W, 3): torch has a fast way for just this.
    planes = stack.permute(0, 3, 1, 2)
    return interpolate(planes, size=(height, width), mode="bilinear", antialias=True).permute(0, 2, 3, 1)
