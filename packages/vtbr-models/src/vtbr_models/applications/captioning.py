"""Captions of a manifest's images by a trained model."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

from ..captioner import Reader
from ..decoding import BeamSearch, Sampling, generate
from ..files import SPLITS, Manifest
from ..inference import InferenceConfig, Session


def captioned(
    checkpoint: str | os.PathLike[str],
    manifest: Manifest,
    method: BeamSearch | Sampling | None = None,
    *,
    splits: tuple[str, ...] = SPLITS,
    inference: InferenceConfig | None = None,
    skip: Callable[[str], None] | None = None,
) -> Iterator[dict[str, Any]]:
    """Yield the manifest's lines, each with the predicted captions as its `captions`.

    Pictures that cannot be read raise InputError; where `skip` is given, it is called with the error instead
    and the picture's line is left out. Raises InputError for a checkpoint or manifest that cannot be used.
    """
    method = method or BeamSearch()
    rows = manifest.only(splits)
    session = Session(checkpoint, inference or InferenceConfig())
    reader: Reader = "backward" if method.backward else "forward"
    model, tokenizer = session.captioner([reader], "write"), session.tokenizer
    for indices, images in session.batches(manifest.root, rows, description="captioning", skip=skip):
        with session.computing():
            found = generate(model, images, method, numbers=indices)
        for index, captions in zip(indices, found, strict=True):
            texts = tokenizer.decode_batch([list(caption.tokens) for caption in captions])
            yield {**rows[index].keys, "captions": [text.strip() for text in texts]}
