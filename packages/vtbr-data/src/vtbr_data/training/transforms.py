"""From a decoded picture to what a network reads, with the augmentation of training.

H height, W width, in pixels.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torchvision.transforms import v2
from torchvision.transforms.v2 import functional

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


@dataclass(frozen=True, kw_only=True, slots=True)
class CaptionTransform:
    """Augmentation of caption pretraining.

    Random resized crop, flip, colour jitter, normalisation (VirTex's).
    """

    height: int
    width: int
    crop_area: tuple[float, float] = (0.2, 1.0)
    """Share of the picture's area that a crop keeps."""
    jitter: float = 0.4
    """Brightness, contrast and saturation change by up to this factor; 0 switches jitter off."""
    jitter_hue: float = 0.1
    jitter_probability: float = 0.8

    def __call__(self, image: Tensor) -> tuple[Tensor, bool]:
        """Turn uint8 (3, H, W) into float32 (3, height, width) and say whether it was mirrored."""
        aspect = self.width / self.height
        crop = v2.RandomResizedCrop(
            [self.height, self.width],
            scale=self.crop_area,
            ratio=(0.75 * aspect, aspect / 0.75),
            antialias=True,
        )
        image = crop(image)
        is_mirrored = bool(torch.rand(()) < 0.5)
        if is_mirrored:
            image = functional.horizontal_flip(image)
        if self.jitter > 0 and torch.rand(()) < self.jitter_probability:
            image = v2.ColorJitter(self.jitter, self.jitter, self.jitter, self.jitter_hue)(image)
        return _normalise(image), is_mirrored


@dataclass(frozen=True, kw_only=True, slots=True)
class IdentityTransform:
    """Augmentation of Re-ID fine-tuning: pad and crop, flip, random erasing with the mean (Bag of Tricks)."""

    height: int
    width: int
    pad_px: int = 10
    erase_probability: float = 0.5

    def __call__(self, image: Tensor) -> Tensor:
        """Turn uint8 (3, H, W) into float32 (3, height, width)."""
        image = functional.resize(image, [self.height, self.width], antialias=True)
        if torch.rand(()) < 0.5:
            image = functional.horizontal_flip(image)
        if self.pad_px > 0:
            top, left = torch.randint(0, 2 * self.pad_px + 1, (2,)).tolist()
            image = functional.pad(image, [self.pad_px])
            image = functional.crop(image, top, left, self.height, self.width)
        pixels = _normalise(image)
        # After normalisation the mean is 0: that is what the erased rectangle is filled with.
        erase = v2.RandomErasing(self.erase_probability, scale=(0.02, 0.4), ratio=(0.3, 3.33), value=0)
        erased: Tensor = erase(pixels)
        return erased


@dataclass(frozen=True, kw_only=True, slots=True)
class PlainTransform:
    """What a trained model is given: resized to exactly (height, width) and normalised."""

    height: int
    width: int

    def __call__(self, image: Tensor) -> Tensor:
        """Turn uint8 (3, H, W) into float32 (3, height, width)."""
        return _normalise(functional.resize(image, [self.height, self.width], antialias=True))


def _normalise(image: Tensor) -> Tensor:
    pixels: Tensor = functional.normalize(
        functional.to_dtype(image, torch.float32, scale=True), list(IMAGENET_MEAN), list(IMAGENET_STD)
    )
    return pixels
