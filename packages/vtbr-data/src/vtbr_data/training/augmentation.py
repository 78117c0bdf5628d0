"""Turns decoded pictures into the network's input, a whole batch at once, on the training device.

B images, H height, W width. Workers decode pictures and bring them to one size (`Augmentation.fit`); the
rest happens to uint8 (B, H, W, 3) on the training device. Whatever is random is a number in a column of the
image's seed (`randomness.py`): neither the batch, the worker nor the device changes it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..picture_decoding import Box
from .colour import ColourMaps, apply_colour_maps, colour_maps
from .crops import NUMBERS, middle_box, random_box
from .randomness import CROP, ERASE, MIRROR, SHIFT, Seeds, uniforms
from .resizing import Method, draw_methods

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)

_IN_CACHE = 4
"""Images that a processor's cache holds through several passes over them, 40 % faster than the batch."""

Choose = Callable[[int, int], Box]


class Augmentation(Protocol):
    """The steps from a picture file to the network's input."""

    @property
    def height(self) -> int:
        """Rows of the network's input."""

    @property
    def width(self) -> int:
        """Columns of the network's input."""

    @property
    def may_reduce(self) -> bool:
        """Whether a large JPEG may be decoded at a fraction of its size."""

    def boxes(self, seeds: Seeds) -> list[Choose | None]:
        """Return, for each image, what chooses the part of it that is kept; None keeps all."""

    def methods(self, seeds: Seeds) -> list[Method]:
        """Return how each image is resized."""

    def is_mirrored(self, seeds: Seeds) -> NDArray[np.bool_]:
        """Return which images are mirrored left to right, (B,)."""

    def __call__(self, pixels: Tensor, seeds: Seeds, names_colour: NDArray[np.bool_]) -> Tensor:
        """Turn uint8 (B, height, width, 3), which is overwritten, into float32 (B, 3, height, width)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CaptionAugmentation:
    """Augmentation of caption pretraining: random resized crop, flip, colour jitter (VirTex's)."""

    height: int
    width: int
    crop_area: tuple[float, float] = (0.2, 1.0)
    """Share of the picture's area that a crop keeps."""
    jitter: float = 0.4
    """Brightness, contrast and saturation change by up to this factor; 0 switches hue off as well."""
    jitter_hue: float = 0.1
    """Turns of the colour circle to either side."""
    jitter_hue_named: float = 0.0
    """The same where the caption names a colour, which must stay true."""
    jitter_probability: float = 0.8
    resize_jitter: float = 0.0
    """Share of the images that are resized as other programs do, drawn from `resizing.Method`."""
    may_reduce: bool = True

    def boxes(self, seeds: Seeds) -> list[Choose | None]:
        """Choose random parts of the pictures, of nearly the shape of the network's input."""
        return _random_boxes(seeds, self.width / self.height, self.crop_area)

    def methods(self, seeds: Seeds) -> list[Method]:
        """Return those drawn by `resize_jitter`."""
        return draw_methods(seeds, self.resize_jitter)

    def is_mirrored(self, seeds: Seeds) -> NDArray[np.bool_]:
        """Mirror each picture with probability 1/2."""
        return uniforms(seeds, MIRROR, 1)[:, 0] < 0.5

    def __call__(self, pixels: Tensor, seeds: Seeds, names_colour: NDArray[np.bool_]) -> Tensor:
        """Mirror, change colours, normalise."""
        _mirror(pixels, self.is_mirrored(seeds))
        if self.jitter == 0:
            return _normalised(pixels)
        hue = np.where(names_colour, self.jitter_hue_named, self.jitter_hue)
        maps = colour_maps(seeds, strength=self.jitter, hue=hue, probability=self.jitter_probability)
        return _coloured(pixels, maps)


@dataclass(frozen=True, kw_only=True, slots=True)
class IdentityAugmentation:
    """Augmentation of Re-ID fine-tuning: pad and crop, flip, random erasing with the mean (Bag of Tricks).

    Colour jitter and random crops, off by default, are for features that must hold under other cameras and
    looser or tighter boxes than those of the training pictures.
    """

    height: int
    width: int
    pad_px: int = 10
    erase_probability: float = 0.5
    jitter: float = 0.0
    """Brightness, contrast and saturation change by up to this factor; 0 switches hue and balance off as well."""
    jitter_hue: float = 0.0
    """Turns of the colour circle to either side."""
    jitter_balance: float = 0.0
    """Red, green and blue are each multiplied by a factor within exp(+- this), as cameras balance white."""
    jitter_probability: float = 0.8
    crop_area: float = 1.0
    """Smallest share of the picture's area that a random crop keeps; 1 keeps all of every picture."""
    resize_jitter: float = 0.0
    """Share of the images that are resized as other programs do, drawn from `resizing.Method`."""
    may_reduce: bool = True
    drawn_for: tuple[int, int] | None = None
    """Height and width that shifts and erased boxes are drawn for, then scaled; None: this one's own."""

    def at(self, height: int, width: int) -> IdentityAugmentation:
        """Return what does the same to the same images in another size, to the pixel: for a teacher's input."""
        return replace(self, height=height, width=width, drawn_for=(self.height, self.width))

    def boxes(self, seeds: Seeds) -> list[Choose | None]:
        """Choose random parts of the pictures, of nearly the shape of the network's input; None keeps all."""
        if self.crop_area == 1:
            return [None] * len(seeds)
        return _random_boxes(seeds, self.width / self.height, (self.crop_area, 1.0))

    def methods(self, seeds: Seeds) -> list[Method]:
        """Return those drawn by `resize_jitter`."""
        return draw_methods(seeds, self.resize_jitter)

    def is_mirrored(self, seeds: Seeds) -> NDArray[np.bool_]:
        """Mirror each picture with probability 1/2."""
        return uniforms(seeds, MIRROR, 1)[:, 0] < 0.5

    def __call__(self, pixels: Tensor, seeds: Seeds, names_colour: NDArray[np.bool_]) -> Tensor:
        """Mirror, shift over a black border, change colours, normalise, erase."""
        _mirror(pixels, self.is_mirrored(seeds))
        images = self._images(self._shifted(pixels, seeds) if self.pad_px else pixels, seeds)
        for image, box in zip(images, self._erased(seeds), strict=True):
            if box:  # after normalisation the mean is 0
                image[:, box.top : box.bottom, box.left : box.right] = 0
        return images

    def _images(self, pixels: Tensor, seeds: Seeds) -> Tensor:
        if self.jitter == 0:
            return _normalised(pixels)
        hue = np.full(len(seeds), self.jitter_hue)
        maps = colour_maps(
            seeds,
            strength=self.jitter,
            hue=hue,
            probability=self.jitter_probability,
            balance=self.jitter_balance,
        )
        return _coloured(pixels, maps)

    def _shifted(self, pixels: Tensor, seeds: Seeds) -> Tensor:
        shifted = torch.zeros_like(pixels)
        shifts = (uniforms(seeds, SHIFT, 2) * (2 * self.pad_px + 1)).astype(int) - self.pad_px
        shifts = np.rint(shifts * self._scale()).astype(int)
        for new, old, (down, right) in zip(shifted, pixels, shifts.tolist(), strict=True):
            to_rows, from_rows = _overlap(down, self.height)
            to_columns, from_columns = _overlap(right, self.width)
            new[to_rows, to_columns] = old[from_rows, from_columns]
        return shifted

    def _erased(self, seeds: Seeds) -> list[Box | None]:
        numbers = uniforms(seeds, ERASE, NUMBERS + 1)
        height, width = self.drawn_for or (self.height, self.width)
        down, right = self._scale().tolist()
        erased: list[Box | None] = []
        for row in numbers:
            # Area 0.02 to 0.4 of the image, height / width 0.3 to 3.33 (Zhong et al., AAAI 2020).
            box = random_box(width, height, row[1:], (0.02, 0.4), (1 / 3.33, 1 / 0.3))
            if box and self.drawn_for:
                edges = (box.left * right, box.top * down, box.right * right, box.bottom * down)
                box = Box(*map(round, edges))
            erased.append(box if row[0] < self.erase_probability else None)
        return erased

    def _scale(self) -> NDArray[np.float64]:
        """Return pixels of this size, down and right, that one of the size drawn for takes."""
        drawn_for = self.drawn_for or (self.height, self.width)
        return np.array([self.height, self.width]) / drawn_for


@dataclass(frozen=True, kw_only=True, slots=True)
class Plain:
    """Input of a trained model: resized to exactly (height, width) and normalised."""

    height: int
    width: int
    may_reduce: bool = False
    """False: a model's features must not depend on the decoder."""

    def boxes(self, seeds: Seeds) -> list[Choose | None]:
        """Keep all of every picture."""
        return [None] * len(seeds)

    def methods(self, seeds: Seeds) -> list[Method]:
        """Resize all of them with antialiasing."""
        return draw_methods(seeds, 0.0)

    def is_mirrored(self, seeds: Seeds) -> NDArray[np.bool_]:
        """Mirror nothing."""
        return np.zeros(len(seeds), np.bool_)

    def __call__(self, pixels: Tensor, seeds: Seeds, names_colour: NDArray[np.bool_]) -> Tensor:
        """Normalise."""
        return _normalised(pixels)


def _random_boxes(seeds: Seeds, ratio: float, area: tuple[float, float]) -> list[Choose | None]:
    """Return random crops, within 3/4 to 4/3 of width / height `ratio`; the largest in the middle if none
    fits.
    """
    aspect = (0.75 * ratio, ratio / 0.75)

    def chooser(numbers: NDArray[np.float64]) -> Choose:
        return lambda width, height: (
            random_box(width, height, numbers, area, aspect) or middle_box(width, height, aspect)
        )

    return [chooser(numbers) for numbers in uniforms(seeds, CROP, NUMBERS)]


def _mirror(pixels: Tensor, is_mirrored: NDArray[np.bool_]) -> None:
    # A loop of plain copies: on a CPU a ninth of what one gather over the batch costs.
    for place in np.flatnonzero(is_mirrored):
        pixels[place] = pixels[place].flip(1)


def _overlap(shift: int, size: int) -> tuple[slice, slice]:
    """Return where something shifted lies in its frame, and which part of it that is."""
    return slice(max(shift, 0), size + min(shift, 0)), slice(max(-shift, 0), max(size - max(shift, 0), 0))


def _coloured(pixels: Tensor, maps: ColourMaps) -> Tensor:
    """Return float32 (B, 3, H, W), normalised, of uint8 (B, H, W, 3) under their colour maps."""
    planes = pixels.flatten(1, 2).transpose(1, 2).to(torch.float32, memory_format=torch.contiguous_format)
    coloured = apply_colour_maps(planes.mul_(1 / 255), maps)
    mean, std = (torch.tensor(value)[:, None].to(pixels.device) for value in (IMAGENET_MEAN, IMAGENET_STD))
    return coloured.sub_(mean).div_(std).view(-1, 3, *pixels.shape[1:3])


def _normalised(pixels: Tensor) -> Tensor:
    """Return float32 (B, 3, H, W), whose memory stays (B, H, W, 3), of uint8 (B, H, W, 3)."""
    batch, height, width, _ = pixels.shape
    # The constants of a row of pixels: a broadcast over the last three numbers alone is slow.
    scale = torch.tensor([1 / (255 * std) for std in IMAGENET_STD]).repeat(width).to(pixels.device)
    shift = (
        torch.tensor([-mean / std for mean, std in zip(IMAGENET_MEAN, IMAGENET_STD, strict=True)])
        .repeat(width)
        .to(pixels.device)
    )
    images = torch.empty((batch, height, width * 3), device=pixels.device)
    some = _IN_CACHE if pixels.device.type == "cpu" else batch
    for whole, part in zip(torch.split(pixels.flatten(2), some), torch.split(images, some), strict=True):
        part.copy_(whole).mul_(scale).add_(shift)
    return images.view(batch, height, width, 3).permute(0, 3, 1, 2)
