"""What fine-tuning reads: the settings of images and batches, and the batches made by them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from msgspec.structs import replace

from vtbr_data.training import IdentityAugmentation, IdentityImages, Samples, identity_classes

from ..errors import InputError
from ..inputs import join, training_samples

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
    jitter: float = 0.0
    """Brightness, contrast and saturation change by up to this factor; 0: colours stay, hue and balance too."""
    jitter_hue: float = 0.0
    """Turns of the colour circle to either side."""
    jitter_balance: float = 0.0
    """Red, green and blue are each multiplied by a factor within exp(+- this), as cameras balance white."""
    jitter_probability: float = 0.8
    crop_area: float = 1.0
    """Smallest share of the picture's area that a random crop keeps; 1 keeps all of every picture."""
    identities_per_batch: int = 16
    images_per_identity: int = 4
    workers: int = 2
    """Processes that read images; 0 reads in the training process."""
    damaged: Literal["skip", "stop"] = "skip"
    """An image that cannot be read is left out and named, or stops the run."""

    def __post_init__(self) -> None:
        if min(self.height, self.width) < 32:
            raise ValueError(f"height and width must be at least 32 pixels, not {self.height} x {self.width}")
        if self.identities_per_batch < 2 or self.images_per_identity < 2:
            raise ValueError("identities_per_batch and images_per_identity must be at least 2")
        if self.workers < 0 or self.pad_px < 0 or not 0 <= self.erase_probability <= 1:
            raise ValueError("workers and pad_px must be at least 0, erase_probability in [0, 1]")
        for name, highest in (
            ("jitter", 1),
            ("jitter_hue", 0.5),
            ("jitter_balance", 1),
            ("jitter_probability", 1),
        ):
            if not 0 <= getattr(self, name) <= highest:
                raise ValueError(f"{name} must be in [0, {highest}], not {getattr(self, name)}")
        if not 0 < self.crop_area <= 1:
            raise ValueError(f"crop_area must be in (0, 1], not {self.crop_area}")
        for name in ("jitter_hue", "jitter_balance"):
            if getattr(self, name) and not self.jitter:
                raise ValueError(f"{name} does nothing while jitter is 0: set both, or neither")


def training_images(config: IdentityDataConfig, manifests: Sequence[Manifest]) -> IdentityImages:
    """The `train` rows of known people of all manifests, augmented.

    An identity of one manifest is another person than the same number of the next. Raises `InputError` for
    fewer than two people.
    """
    people: dict[tuple[int, int], int] = {}
    joined = []
    for number, manifest in enumerate(manifests):
        samples = training_samples(manifest, lambda row: row.identity > 0)
        for identity in sorted({row.identity for row in samples.rows}):
            people[number, identity] = len(people) + 1
        rows = [replace(row, identity=people[number, row.identity]) for row in samples.rows]
        joined.append(Samples(rows, samples.pictures))
    if len(people) < 2:
        raise InputError(
            f"fine-tuning needs at least 2 identities above 0 with split train, not {len(people)}"
        )
    augmentation = IdentityAugmentation(
        height=config.height,
        width=config.width,
        pad_px=config.pad_px,
        erase_probability=config.erase_probability,
        jitter=config.jitter,
        jitter_hue=config.jitter_hue,
        jitter_balance=config.jitter_balance,
        jitter_probability=config.jitter_probability,
        crop_area=config.crop_area,
    )
    samples = join(joined)
    classes = identity_classes([row.identity for row in samples.rows])
    return IdentityImages(samples, classes, augmentation, config.damaged)


def batch_size(config: IdentityDataConfig, images: IdentityImages) -> int:
    """Images a step: P x K, with P at most the number of people there are."""
    return min(config.identities_per_batch, len(images.classes)) * config.images_per_identity
