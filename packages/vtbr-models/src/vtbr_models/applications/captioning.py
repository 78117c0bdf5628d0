"""Captions of a manifest's images by a trained model."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from tokenizers import Tokenizer

from ..captioner.captioner import Captioner
from ..captioner.textual import Reader
from ..checkpoint.checkpoint import load_checkpoint
from ..decoding.beam_search import BeamSearch
from ..decoding.generation import generate
from ..decoding.packed_linear import lay_out_decoders
from ..decoding.sampling import Sampling
from ..errors import InputError
from ..files.manifest import SPLITS, Manifest
from ..files.progress import track
from ..inference.device import choose_device, choose_precision, default_workers, inference
from ..inference.pictures import batches
from ..inference.preprocessing import Preprocessing


@dataclass(frozen=True, kw_only=True, slots=True)
class CaptioningConfig:
    """Which images are captioned, and how."""

    splits: tuple[str, ...] = SPLITS
    method: BeamSearch | Sampling = field(default_factory=BeamSearch)
    batch_size: int = 64
    workers: int | None = None
    """Processes that decode; None chooses by device and number of images."""
    precision: str = "auto"
    device: str = "auto"


def captioned(
    checkpoint: str | os.PathLike[str], manifest: Manifest, config: CaptioningConfig
) -> Iterator[dict[str, Any]]:
    """The manifest's lines, each with the predicted captions as its `captions`.

    Raises InputError for a checkpoint, manifest or picture that cannot be used.
    """
    rows = manifest.only(config.splits)
    device = choose_device(config.device)
    reading: Reader = "backward" if config.method.backward else "forward"
    model, tokenizer, preprocessing = load_captioner(checkpoint, device, [reading], "write")
    pictures = batches(
        [manifest.root / row.path for row in rows],
        preprocessing,
        batch_size=config.batch_size,
        workers=default_workers(len(rows), device) if config.workers is None else config.workers,
        device=device,
    )
    precision = choose_precision(config.precision, device)
    first = 0
    for images in track(pictures, total=len(rows), batch_size=config.batch_size, description="captioning"):
        with inference(device, precision):
            found = generate(model, images, config.method, first_image=first)
        for row, captions in zip(rows[first : first + len(found)], found, strict=True):
            texts = tokenizer.decode_batch([list(caption.tokens) for caption in captions])
            yield {**row.keys, "captions": [text.strip() for text in texts]}
        first += len(found)


def load_captioner(
    checkpoint: str | os.PathLike[str], device: torch.device, directions: Sequence[Reader], what: str
) -> tuple[Captioner, Tokenizer, Preprocessing]:
    """A checkpoint's model, its tokenizer, and how its pictures are prepared; `what` it is to do, for errors.

    Raises InputError for a checkpoint that cannot be used, an embedder's above all.
    """
    loaded = load_checkpoint(checkpoint, device=device)
    if not isinstance(loaded.model, Captioner):
        raise InputError(
            f"{checkpoint} is an embedder, which cannot {what}: give a checkpoint of `vtbr-train pretrain`"
        )
    for direction in directions:
        if direction not in loaded.model.readers:
            learnt = ", ".join(loaded.model.objectives)
            if direction == "encoder":
                likelihoods = "forward" in loaded.model.readers
                raise InputError(
                    f"{checkpoint} learnt {learnt}: to {what} it must have learnt contrastive"
                    + (" (`vtbr-models score` compares captions by their likelihood)" if likelihoods else "")
                )
            raise InputError(
                f"{checkpoint} learnt {learnt}, not to {what} {direction}s: give one that learnt captioning"
                + (", or --direction forward" if "forward" in loaded.model.readers else "")
            )
    lay_out_decoders(loaded.model.textual)
    tokenizer = _tokenizer(loaded.metadata, checkpoint)
    return loaded.model, tokenizer, Preprocessing.from_metadata(loaded.metadata["preprocessing"])


def _tokenizer(metadata: Mapping[str, Any], path: str | os.PathLike[str]) -> Tokenizer:
    tokenizer = metadata.get("tokenizer")
    if tokenizer is None:
        raise InputError(f"{path} holds no tokenizer: give a checkpoint of `vtbr-train pretrain`")
    try:
        return Tokenizer.from_str(json.dumps(tokenizer))
    except Exception as error:  # the library raises bare Exceptions
        raise InputError(f"{path}: its tokenizer cannot be read ({error}): train the model again") from error
