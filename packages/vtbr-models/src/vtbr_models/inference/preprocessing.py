"""From an image file to what the network sees, the same at training's validation and afterwards.

Legend: H W pixels of the picture, h w of the network's input.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from einops import rearrange
from PIL import Image
from torch import Tensor
from torchvision.transforms.v2 import InterpolationMode
from torchvision.transforms.v2 import functional as transform

from ..errors import InputError
from .picture_files import decode_picture

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
"""Of pixels in [0, 1], red green blue: torchvision's weights expect them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Preprocessing:
    """How pictures are resized and normalised (docs/formats.md, Checkpoint)."""

    height: int = 256
    width: int = 128
    mean: tuple[float, float, float] = IMAGENET_MEAN
    std: tuple[float, float, float] = IMAGENET_STD
    interpolation: str = "bilinear"

    def __post_init__(self) -> None:
        if self.height < 1 or self.width < 1:
            raise ValueError(f"height and width must be above 0, not {self.height} x {self.width}")
        if len(self.mean) != 3 or len(self.std) != 3 or min(self.std) <= 0:
            raise ValueError("mean and std must be three numbers each, std above 0")
        if self.interpolation not in ("bilinear", "bicubic"):
            raise ValueError(f"interpolation must be bilinear or bicubic, not {self.interpolation!r}")

    @classmethod
    def from_metadata(cls, value: Mapping[str, Any] | None) -> Preprocessing:
        """Read a checkpoint's `preprocessing`; raises InputError where that is incomplete or wrong."""
        if value is None:
            raise InputError("the checkpoint does not say how its images were prepared: train it again")
        expected = set(cls.__dataclass_fields__)
        if value.keys() != expected:
            raise InputError(
                f"the checkpoint's preprocessing has the keys {', '.join(sorted(value))}: "
                f"{', '.join(sorted(expected))} are needed"
            )
        try:
            return cls(**{**value, "mean": tuple(value["mean"]), "std": tuple(value["std"])})
        except (TypeError, ValueError) as error:
            raise InputError(f"the checkpoint's preprocessing cannot be used: {error}") from error

    def to_metadata(self) -> dict[str, Any]:
        """Return the object for a checkpoint's `preprocessing`."""
        return {**asdict(self), "mean": list(self.mean), "std": list(self.std)}


def prepare(picture: bytes | Tensor, preprocessing: Preprocessing) -> Tensor:
    """Return the network's input (3, h, w), float32, of an image file's bytes or of pixels (3, H, W) in
    uint8.

    Resized to exactly height x width with antialiasing, then `(x - mean) / std` of pixels in [0, 1].
    Raises InputError for bytes that are no picture or only part of one.
    """
    pixels = decode(picture) if isinstance(picture, bytes) else picture
    return normalise(resize(pixels, preprocessing), preprocessing)


def resize(pixels: Tensor, preprocessing: Preprocessing, by: str = "torch") -> Tensor:
    """Resize pixels (3, H, W) to (3, h, w), both uint8, with antialiasing.

    `by` is `torch` or `pillow`, whose pixels differ by one level here and there. Rounded as in training.
    Fastest where the colours of a pixel are neighbours in memory, as `decode` gives them.
    """
    if by == "pillow":
        image = Image.fromarray(np.ascontiguousarray(rearrange(pixels, "c h w -> h w c").numpy()))
        method_of_pillow = Image.Resampling[preprocessing.interpolation.upper()]
        small = np.array(image.resize((preprocessing.width, preprocessing.height), method_of_pillow))
        return rearrange(torch.from_numpy(small), "h w c -> c h w")
    size = [preprocessing.height, preprocessing.width]
    method = InterpolationMode(preprocessing.interpolation)
    resized: Tensor = transform.resize(pixels, size, method, antialias=True)
    return resized


def normalise(pixels: Tensor, preprocessing: Preprocessing) -> Tensor:
    """Return `(x / 255 - mean) / std` of uint8 pixels (..., 3, h, w), float32, laid out as they are."""
    std = torch.tensor(preprocessing.std, device=pixels.device)
    mean = torch.tensor(preprocessing.mean, device=pixels.device)
    scale, shift = (rearrange(part, "c -> c 1 1") for part in (1 / (255 * std), mean / std))
    return pixels.to(torch.float32).mul_(scale).sub_(shift)


def decode(data: bytes, on_frames: Callable[[], object] | None = None) -> Tensor:
    """Return pixels (3, H, W), uint8, of a picture file's bytes, as `decode_picture` does.

    The three colours of a pixel are neighbours in memory. Raises InputError as `decode_picture`.
    """
    return rearrange(torch.from_numpy(decode_picture(data, on_frames)), "h w c -> c h w")
