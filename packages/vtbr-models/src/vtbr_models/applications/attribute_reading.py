"""Attributes of a manifest's images, by a model that learnt to name them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..captioner.attributes import AttributeVocabulary
from ..captioner.captioner import Captioner
from ..checkpoint.checkpoint import load_checkpoint
from ..errors import InputError
from ..files.manifest import SPLITS, Manifest
from ..files.progress import track
from ..inference.device import choose_device, choose_precision, default_workers, inference
from ..inference.pictures import batches
from ..inference.preprocessing import Preprocessing


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadingConfig:
    """Which images are read, and how."""

    splits: tuple[str, ...] = SPLITS
    batch_size: int = 64
    workers: int | None = None
    """Processes that decode; None chooses by device and number of images."""
    precision: str = "auto"
    device: str = "auto"


def attributed(
    checkpoint: str | os.PathLike[str], manifest: Manifest, config: ReadingConfig
) -> Iterator[dict[str, Any]]:
    """The manifest's lines, each with the likeliest value of every attribute as its `attributes`.

    Raises InputError for a checkpoint, manifest or picture that cannot be used.
    """
    rows = manifest.only(config.splits)
    device = choose_device(config.device)
    loaded = load_checkpoint(checkpoint, device=device)
    model = loaded.model
    if not isinstance(model, Captioner) or "attribute_classification" not in model.objectives:
        raise InputError(
            f"{checkpoint} has not learnt attributes: give one that learnt attribute_classification, "
            "or let `vtbr-models score` compare sentences"
        )
    vocabulary = AttributeVocabulary(model.objectives["attribute_classification"]["vocabulary"])
    pictures = batches(
        [manifest.root / row.path for row in rows],
        Preprocessing.from_metadata(loaded.metadata["preprocessing"]),
        batch_size=config.batch_size,
        workers=default_workers(len(rows), device) if config.workers is None else config.workers,
        device=device,
    )
    precision = choose_precision(config.precision, device)
    unwritten = iter(rows)
    for images in track(pictures, total=len(rows), batch_size=config.batch_size, description="reading"):
        with inference(device, precision):
            numbers = model.attribute_head.predict(model.embed(images)).tolist()
        for image_numbers in numbers:
            yield {**next(unwritten).keys, "attributes": vocabulary.decode(image_numbers)}
