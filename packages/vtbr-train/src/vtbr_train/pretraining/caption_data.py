"""What pretraining reads: the settings of images and their augmentation, and the batches made by them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from vtbr_data.training import (
    CaptionAugmentation,
    CaptionBatch,
    CaptionImages,
    Plain,
    batches_in_order,
    load_batches,
)

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, kw_only=True, slots=True)
class CaptionDataConfig:
    """Images and their augmentation."""

    height: int = 256
    width: int = 128
    crop_area: tuple[float, float] = (0.2, 1.0)
    """The random crop keeps this share of the picture."""
    jitter: float = 0.4
    """Brightness, contrast, saturation; 0 is none."""
    jitter_hue: float = 0.1
    """Turns of the colour circle to either side."""
    jitter_hue_named: float = 0.0
    """The same where the caption names a colour, so that it stays true."""
    jitter_probability: float = 0.8
    workers: int = 2
    """Processes that read images; 0 reads in the training process."""
    damaged: Literal["skip", "stop"] = "skip"
    """An image that cannot be read is left out and named, or stops the run."""

    def __post_init__(self) -> None:
        if min(self.height, self.width) < 32:
            raise ValueError(f"height and width must be at least 32 pixels, not {self.height} x {self.width}")
        if not 0 < self.crop_area[0] <= self.crop_area[1] <= 1:
            raise ValueError(f"crop_area must be two growing shares in (0, 1], not {self.crop_area}")
        if self.workers < 0:
            raise ValueError(f"workers must be at least 0, not {self.workers}")


def augmentation(config: CaptionDataConfig) -> CaptionAugmentation:
    """What happens to training pictures."""
    return CaptionAugmentation(
        height=config.height,
        width=config.width,
        crop_area=config.crop_area,
        jitter=config.jitter,
        jitter_hue=config.jitter_hue,
        jitter_hue_named=config.jitter_hue_named,
        jitter_probability=config.jitter_probability,
    )


def plain(config: CaptionDataConfig) -> Plain:
    """What happens to held-out pictures: they are brought to size."""
    return Plain(height=config.height, width=config.width)


def held_out_batches(
    images: CaptionImages, batch_size: int, *, workers: int, device: torch.device
) -> Iterator[CaptionBatch]:
    """Every image once, each with the same one of its captions every time."""
    order = batches_in_order(len(images), batch_size)
    return load_batches(images, order, workers=workers, device=device)
