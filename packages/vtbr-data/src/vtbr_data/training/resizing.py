"""Pictures of any sizes to one size.

B images, H height, W width, in pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import interpolate

from ..picture_decoding import Pixels
from .randomness import RESIZE, Seeds, uniforms

Method = Literal["antialiased", "bilinear", "area", "bicubic"]
"""`antialiased`: bilinear with antialiasing, as a trained model's pictures are resized. The others are what
other programs do: `bilinear` without antialiasing (OpenCV's INTER_LINEAR), `area` (its INTER_AREA), `bicubic`
with antialiasing (Pillow's BICUBIC)."""


def draw_methods(seeds: Seeds, share: float) -> list[Method]:
    """Draw how each image is resized: with probability `share` by one of the others, else `antialiased`."""
    usual, *others = get_args(Method)
    return [
        others[int(which * len(others))] if number < share else usual
        for number, which in uniforms(seeds, RESIZE, 2)
    ]


def resize(
    pictures: Sequence[Pixels], height: int, width: int, methods: Sequence[Method] | None = None
) -> Tensor:
    """Return the pictures in one size, uint8 (B, height, width, 3); all `antialiased` without `methods`.

    Pictures of one shape and method are resized together, which is twice as fast.
    """
    methods = methods or ["antialiased"] * len(pictures)
    places: dict[tuple[tuple[int, ...], Method], list[int]] = {}
    for place, (picture, method) in enumerate(zip(pictures, methods, strict=True)):
        places.setdefault((picture.shape, method), []).append(place)
    if len(places) == 1:
        return _resized(np.stack(pictures), height, width, methods[0])
    resized = torch.empty((len(pictures), height, width, 3), dtype=torch.uint8)
    for (_, method), some in places.items():
        alike = _resized(np.stack([pictures[place] for place in some]), height, width, method)
        for place, one in zip(some, alike, strict=True):
            resized[place] = one
    return resized


def _resized(pictures: Pixels, height: int, width: int, method: Method) -> Tensor:
    stack = torch.from_numpy(pictures)
    old_height, old_width = pictures.shape[1:3]
    if (old_height, old_width) == (height, width):
        return stack
    if method == "area" and old_height >= height and old_width >= width:
        rows, columns = _overlaps(old_height, height), _overlaps(old_width, width)
        return torch.einsum("hy,byxc,wx->bhwc", rows, stack.float(), columns).round().to(torch.uint8)
    # (B, 3, H, W) whose memory is (B, H, W, 3): torch has a fast way for just this.
    planes = stack.permute(0, 3, 1, 2)
    resized: Tensor = interpolate(
        planes,
        size=(height, width),
        mode="bicubic" if method == "bicubic" else "bilinear",
        antialias=method in ("antialiased", "bicubic"),
    )
    return resized.permute(0, 2, 3, 1)


def _overlaps(old: int, new: int) -> Tensor:
    """Return the share (new, old) of each old pixel in each new one, along one axis; OpenCV's INTER_AREA.

    >>> _overlaps(3, 2)
    tensor([[0.6667, 0.3333, 0.0000],
            [0.0000, 0.3333, 0.6667]])
    """
    scale = old / new
    begin = torch.arange(new, dtype=torch.float64)[:, None] * scale
    place = torch.arange(old, dtype=torch.float64)
    shared = (begin + scale).minimum(place + 1) - begin.maximum(place)
    return (shared.clamp(min=0) / scale).float()
