"""Images with captions: the settings of them and their augmentation, and what of a manifest can be learnt from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Literal

from vtbr_data.training import (
    CaptionAugmentation,
    CaptionBatch,
    CaptionImages,
    NearTwins,
    Plain,
    Samples,
    batches_in_order,
    load_batches,
)

from ..errors import InputError
from ..settings import AtLeast0, NotNegative, Pixels, PositiveShare, Settings, Share, made_from
from .objectives import Labels, ObjectivesConfig
from .said_attributes import with_said_attributes

if TYPE_CHECKING:
    import torch
    from tokenizers import Tokenizer

    from vtbr_data.manifest import Row
    from vtbr_data.training import Augmentation, OnDamage


class CaptionPicturesConfig(Settings, frozen=True, kw_only=True):
    """What happens to images with captions, and which of them meet in a batch."""

    crop_area: tuple[PositiveShare, PositiveShare] = (0.2, 1.0)
    """The random crop keeps this share of the picture."""
    jitter: NotNegative = 0.4
    """Brightness, contrast, saturation; 0 is none."""
    jitter_hue: NotNegative = 0.1
    """Turns of the colour circle to either side."""
    jitter_hue_named: NotNegative = 0.0
    """The same where the caption names a colour, so that it stays true."""
    jitter_probability: Share = 0.8
    resize_jitter: Share = 0.0
    """Share of the pictures that are resized as other programs do (see fine-tuning's)."""
    near_twins_share: Share = 0.0
    """Share of a batch that comes in pairs of near-twins: people whose attributes differ in one, so that their
    captions do in a word."""
    uncaptioned: Literal["skip", "stop"] = "stop"
    """A training image without a caption is left out and counted, or stops the run."""

    def __post_init__(self) -> None:
        if self.crop_area[0] > self.crop_area[1]:
            raise ValueError(f"crop_area must be two growing shares in (0, 1], not {self.crop_area}")


class CaptionDataConfig(CaptionPicturesConfig, frozen=True, kw_only=True):
    """Images, their augmentation, and who reads them."""

    height: Pixels = 256
    width: Pixels = 128
    workers: AtLeast0 = 2
    """Processes that read images; 0 reads in the training process."""
    damaged: Literal["skip", "stop"] = "skip"
    """An image that cannot be read is left out and named, or stops the run."""


def has_captions(row: Row) -> bool:
    """Tell whether a row has captions, none of them empty."""
    return bool(row.captions) and all(caption.strip() for caption in row.captions)


def usable_samples(
    samples: Samples, config: CaptionPicturesConfig, objectives: ObjectivesConfig
) -> tuple[Samples, int]:
    """Leave out what has no caption where objectives read captions and the settings allow it; returns how many.

    Attributes are those that captions say, where the objectives ask for them. Raises `InputError` where nothing is
    left.
    """
    if config.uncaptioned == "stop" or not (objectives.needs("tokens") or objectives.reads_said_attributes):
        return learnt_samples(samples, objectives), 0
    kept = [place for place, row in enumerate(samples.rows) if has_captions(row)]
    if not kept:
        raise InputError("no training image has a caption: make some by `vtbr-data caption`")
    rest = Samples([samples.rows[place] for place in kept], samples.pictures.select(kept))
    return learnt_samples(rest, objectives), len(samples) - len(kept)


def learnt_samples(samples: Samples, objectives: ObjectivesConfig) -> Samples:
    """Return the samples with the attributes that the objectives learn."""
    return with_said_attributes(samples) if objectives.reads_said_attributes else samples


def captioned_images(
    samples: Samples,
    augmentation: Augmentation,
    objectives: ObjectivesConfig,
    labels: Labels,
    tokenizer: Tokenizer | None,
    *,
    max_tokens: int,
    on_damage: OnDamage = "stop",
) -> CaptionImages:
    """Return the images with the parts of a batch that the objectives learn from."""
    return CaptionImages(
        samples,
        tokenizer,
        max_tokens,
        augmentation,
        identity_classes=labels.identities,
        has_attributes=bool(labels.attributes),
        has_captions=objectives.needs("tokens"),
        has_wrong_captions=objectives.wrong_captions,
        on_damage=on_damage,
    )


def augmentation(config: CaptionPicturesConfig, *, height: int, width: int) -> CaptionAugmentation:
    """Return the augmentation of training pictures."""
    return made_from(config, CaptionAugmentation, height=height, width=width)


def plain(config: CaptionDataConfig) -> Plain:
    """Return the preparation of held-out pictures: they are resized."""
    return made_from(config, Plain)


def near_twins_of(rows: Sequence[Row], config: CaptionPicturesConfig) -> NearTwins | None:
    """Find the near-twins among people where they fill a share of a batch; None where that share is 0.

    Raises `InputError` where nobody has one.
    """
    if not config.near_twins_share:
        return None
    twins = NearTwins.among(rows)
    if not twins.num_people:
        raise InputError(
            "near_twins_share: no two people of the training images differ in one attribute; it needs identities "
            "and attributes in the manifest"
        )
    return twins


def held_out_batches(
    images: CaptionImages, batch_size: int, *, workers: AtLeast0, device: torch.device
) -> Iterator[CaptionBatch]:
    """Yield every image once, each with the same one of its captions every time."""
    order = batches_in_order(len(images), batch_size)
    return load_batches(images, order, workers=workers, device=device)
