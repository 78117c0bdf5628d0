"""What a run reads, and what its checkpoints say about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from vtbr_data.training.transforms import IMAGENET_MEAN, IMAGENET_STD

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


def training_rows(manifest: Manifest) -> Sequence[Row]:
    """The rows whose split is train.

    Raises `InputError` if there are none, or the first image is not there.
    """
    rows = [row for row in manifest.rows if row.split == "train"]
    if not rows:
        raise InputError("the manifest has no image with split train: nothing to learn from")
    first = manifest.root / rows[0].path
    if not first.is_file():
        raise InputError(
            f"{first}: no such image; is --root the folder that the manifest's paths start from?"
        )
    return rows


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
