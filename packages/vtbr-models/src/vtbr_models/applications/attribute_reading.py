"""Attributes of a manifest's images, by a model that learnt to name them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from ..captioner import AttributeVocabulary, Captioner
from ..errors import InputError
from ..files import SPLITS, Manifest
from ..inference import InferenceConfig, Session


def attributed(
    checkpoint: str | os.PathLike[str],
    manifest: Manifest,
    *,
    splits: tuple[str, ...] = SPLITS,
    inference: InferenceConfig | None = None,
) -> Iterator[dict[str, Any]]:
    """Yield the manifest's lines, each with the likeliest value of every attribute as its `attributes`.

    Raises InputError for a checkpoint, manifest or picture that cannot be used.
    """
    rows = manifest.only(splits)
    session = Session(checkpoint, inference or InferenceConfig())
    model = session.model
    if not isinstance(model, Captioner) or "attribute_classification" not in model.objectives:
        raise InputError(
            f"{checkpoint} has not learnt attributes: give one that learnt attribute_classification, "
            "or let `vtbr-models score` compare sentences"
        )
    vocabulary = AttributeVocabulary(model.objectives["attribute_classification"]["vocabulary"])
    for indices, images in session.batches(manifest.root, rows, description="reading"):
        with session.computing():
            numbers = model.attribute_head.predict(model.embed(images)).tolist()
        for index, image_numbers in zip(indices, numbers, strict=True):
            yield {**rows[index].keys, "attributes": vocabulary.decode(image_numbers)}
