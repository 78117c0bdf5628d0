"""What a run reads, and what its checkpoints say about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from vtbr_data.training import FolderPictures, Samples, pictures_of
from vtbr_data.training.augmentation import IMAGENET_MEAN, IMAGENET_STD

from . import __version__
from .errors import InputError

if TYPE_CHECKING:
    from vtbr_data.manifest import Manifest, Row


class ImageSize(Protocol):
    """The settings that give the size of input images, in pixels."""

    @property
    def height(self) -> int:
        """Rows."""

    @property
    def width(self) -> int:
        """Columns."""


def training_samples(manifest: Manifest, is_wanted: Callable[[Row], bool] = lambda row: True) -> Samples:
    """The images whose split is train, of those the wanted ones.

    Raises `InputError` if there are none, or the first image is not there.
    """
    samples = all_samples(manifest, lambda row: row.split == "train")
    if not samples.rows:
        raise InputError("the manifest has no image with split train: nothing to learn from")
    first = manifest.root / samples.rows[0].path
    if isinstance(samples.pictures, FolderPictures) and not first.is_file():
        raise InputError(
            f"{first}: no such image; is --root the folder that the manifest's paths start from?"
        )
    return all_samples(manifest, lambda row: row.split == "train" and is_wanted(row))


def all_samples(manifest: Manifest, is_wanted: Callable[[Row], bool] = lambda row: True) -> Samples:
    """The wanted images of all splits, and where their pictures are."""
    numbers = [number for number, row in enumerate(manifest.rows) if is_wanted(row)]
    return Samples([manifest.rows[number] for number in numbers], pictures_of(manifest).select(numbers))


def checkpoint_metadata(
    *,
    step: int,
    recipe: Mapping[str, Any],
    manifest: Manifest,
    data: ImageSize,
    tokenizer: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """What a checkpoint carries besides weights, so that it can be used from that one file."""
    return {
        "preprocessing": {
            "height": data.height,
            "width": data.width,
            "mean": list(IMAGENET_MEAN),
            "std": list(IMAGENET_STD),
            "interpolation": "bilinear",
        },
        "tokenizer": tokenizer,
        "step": step,
        "recipe": dict(recipe),
        "data": {"fingerprint": manifest.fingerprint, "name": Path(manifest.name).name},
        "versions": {"vtbr-train": __version__},
    }
