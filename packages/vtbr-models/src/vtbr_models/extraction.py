"""Features of images by a trained model.

Legend: B images, h w pixels, C width of the backbone.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vtbr_models.captioner import Captioner
from vtbr_models.checkpoint import load_checkpoint
from vtbr_models.device import choose_device, choose_precision, default_workers, inference
from vtbr_models.embedder import Embedder
from vtbr_models.errors import InputError
from vtbr_models.features import write_features
from vtbr_models.manifest import Manifest
from vtbr_models.pictures import batches
from vtbr_models.preprocessing import Preprocessing
from vtbr_models.progress import track


@dataclass(frozen=True, kw_only=True, slots=True)
class ExtractionConfig:
    """What is extracted, and how."""

    splits: tuple[str, ...] = ("query", "gallery")
    flip: bool = True
    """Average with the features of the mirrored image."""
    batch_size: int = 64
    workers: int | None = None
    """Processes that decode; None chooses by device and number of images."""
    precision: str = "auto"
    device: str = "auto"
    dtype: Literal["float32", "float16"] = "float32"
    """Of the features in the file."""
    joint: bool = False
    """In a dual encoder's space of images and captions, to be searched by text."""


def extract_to(
    file: BinaryIO, checkpoint: str | os.PathLike[str], manifest: Manifest, config: ExtractionConfig
) -> int:
    """Stream a features file of the manifest's images to `file`; the number of images comes back.

    Raises InputError for a checkpoint, manifest or picture that cannot be used.
    """
    rows = manifest.only(config.splits)
    device = choose_device(config.device)
    precision = choose_precision(config.precision, device)
    loaded = load_checkpoint(checkpoint, device=device)
    if config.joint:
        if not isinstance(loaded.model, Captioner):
            raise InputError(f"{checkpoint} is an embedder, which reads no text: leave --joint out")
        loaded.model.use_joint_space()
    pictures = batches(
        [manifest.root / row.path for row in rows],
        Preprocessing.from_metadata(loaded.metadata["preprocessing"]),
        batch_size=config.batch_size,
        workers=default_workers(len(rows), device) if config.workers is None else config.workers,
        device=device,
    )

    def features() -> Iterator[NDArray[np.float32]]:
        for images in track(
            pictures, total=len(rows), batch_size=config.batch_size, description="extracting"
        ):
            with inference(device, precision):  # not around the yield, which would leak it to the caller
                batch = embed(loaded.model, images, flip=config.flip)
            yield batch.cpu().numpy()

    write_features(
        file,
        rows,
        features(),
        width=loaded.model.feature_width,
        dtype=config.dtype,
        metadata={
            "model": {
                "fingerprint": loaded.metadata["sha256"],
                "name": f"{loaded.model.architecture['model']} {loaded.model.architecture['visual']['name']}",
            },
            "data": {"fingerprint": manifest.fingerprint},
            "settings": {
                "splits": list(config.splits),
                "flip": config.flip,
                **({"joint": True} if config.joint else {}),
                "precision": str(precision).removeprefix("torch."),
            },
        },
    )
    return len(rows)


def embed(model: Captioner | Embedder, images: Tensor, *, flip: bool = True) -> Tensor:
    """Features (B, C), float32, of images (B, 3, h, w).

    An embedder's are those of `Embedder.embed`, a captioner's are its backbone's averaged cells. `flip`
    averages with those of the mirrored images. Put the model in evaluation mode first.
    """
    features = _features(model, images)
    if flip:
        features = (features + _features(model, images.flip(-1))) / 2
    return features


def _features(model: Captioner | Embedder, images: Tensor) -> Tensor:
    return model.embed(images).to(torch.float32)
