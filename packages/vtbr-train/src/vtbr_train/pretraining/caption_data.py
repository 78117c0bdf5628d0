"""What pretraining reads: the settings of images and their augmentation, and the batches made by them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from vtbr_data.training import (
    CaptionAugmentation,
    CaptionBatch,
    CaptionImages,
    Plain,
    batches_in_order,
    load_batches,
)

from ..settings import AtLeast0, NotNegative, Pixels, PositiveShare, Settings, Share

if TYPE_CHECKING:
    import torch

    from vtbr_data.manifest import Row


class CaptionDataConfig(Settings, frozen=True, kw_only=True):
    """Images and their augmentation."""

    height: Pixels = 256
    width: Pixels = 128
    crop_area: tuple[PositiveShare, PositiveShare] = (0.2, 1.0)
    """The random crop keeps this share of the picture."""
    jitter: NotNegative = 0.4
    """Brightness, contrast, saturation; 0 is none."""
    jitter_hue: NotNegative = 0.1
    """Turns of the colour circle to either side."""
    jitter_hue_named: NotNegative = 0.0
    """The same where the caption names a colour, so that it stays true."""
    jitter_probability: Share = 0.8
    workers: AtLeast0 = 2
    """Processes that read images; 0 reads in the training process."""
    damaged: Literal["skip", "stop"] = "skip"
    """An image that cannot be read is left out and named, or stops the run."""
    uncaptioned: Literal["skip", "stop"] = "stop"
    """A training image without a caption is left out and counted, or stops the run."""

    def __post_init__(self) -> None:
        if self.crop_area[0] > self.crop_area[1]:
            raise ValueError(f"crop_area must be two growing shares in (0, 1], not {self.crop_area}")


def has_captions(row: Row) -> bool:
    """Tell whether a row has captions, none of them empty."""
    return bool(row.captions) and all(caption.strip() for caption in row.captions)


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
    images: CaptionImages, batch_size: int, *, workers: AtLeast0, device: torch.device
) -> Iterator[CaptionBatch]:
    """Every image once, each with the same one of its captions every time."""
    order = batches_in_order(len(images), batch_size)
    return load_batches(images, order, workers=workers, device=device)
