"""What fine-tuning reads: the settings of images and batches, and the batches made by them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vtbr_data.training import (
    IdentityBatch,
    IdentityBatches,
    IdentityImages,
    IdentityTransform,
    collate_identities,
    load_batches,
)

from .errors import InputError
from .inputs import training_rows

if TYPE_CHECKING:
    from vtbr_data.manifest import Manifest


@dataclass(frozen=True, kw_only=True, slots=True)
class IdentityDataConfig:
    """Images, their augmentation, and how a batch is made."""

    height: int = 256
    width: int = 128
    pad_px: int = 10
    """Padded on each side before a random crop back to size."""
    erase_probability: float = 0.5
    identities_per_batch: int = 16
    images_per_identity: int = 4
    workers: int = 2
    """Processes that read images; 0 reads in the training process."""

    def __post_init__(self) -> None:
        if min(self.height, self.width) < 32:
            raise ValueError(f"height and width must be at least 32 pixels, not {self.height} x {self.width}")
        if self.identities_per_batch < 2 or self.images_per_identity < 2:
            raise ValueError("identities_per_batch and images_per_identity must be at least 2")
        if self.workers < 0 or self.pad_px < 0 or not 0 <= self.erase_probability <= 1:
            raise ValueError("workers and pad_px must be at least 0, erase_probability in [0, 1]")


def training_images(config: IdentityDataConfig, manifest: Manifest) -> IdentityImages:
    """The `train` rows of known people, augmented. Raises `InputError` for fewer than two people."""
    rows = [row for row in training_rows(manifest) if row.identity > 0]
    classes = {identity: number for number, identity in enumerate(sorted({row.identity for row in rows}))}
    if len(classes) < 2:
        raise InputError(
            f"fine-tuning needs at least 2 identities above 0 with split train, not {len(classes)}"
        )
    augment = IdentityTransform(
        height=config.height,
        width=config.width,
        pad_px=config.pad_px,
        erase_probability=config.erase_probability,
    )
    return IdentityImages(rows, manifest.root, classes, augment)


def batch_size(config: IdentityDataConfig, images: IdentityImages) -> int:
    """Images a step: P x K, with P at most the number of people there are."""
    return min(config.identities_per_batch, len(images.classes)) * config.images_per_identity


def training_batches(
    config: IdentityDataConfig,
    images: IdentityImages,
    *,
    seed: int,
    first_step: int,
    last_step: int,
    pin_memory: bool,
) -> Iterator[IdentityBatch]:
    """One batch a step, from `first_step` on."""
    order = IdentityBatches(
        [row.identity for row in images.rows],
        config.identities_per_batch,
        config.images_per_identity,
        seed=seed,
        first_step=first_step,
        last_step=last_step,
    )
    return load_batches(images, order, collate_identities, workers=config.workers, pin_memory=pin_memory)
