"""The captions nearest to pictures, by a dual encoder.

Legend: B images, T captions, D width of the common space.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor

from ..errors import InputError
from ..files.manifest import SPLITS, Manifest, Row
from ..files.progress import track
from ..inference.device import choose_device, choose_precision, default_workers, inference
from ..inference.pictures import batches
from .captioning import load_captioner
from .text_extraction import captions_of, encode_captions


@dataclass(frozen=True, kw_only=True, slots=True)
class NearestConfig:
    """Which images captions are found for, and how many."""

    splits: tuple[str, ...] = SPLITS
    top: int = 5
    batch_size: int = 64
    workers: int | None = None
    """Processes that decode; None chooses by device and number of images."""
    precision: str = "auto"
    device: str = "auto"

    def __post_init__(self) -> None:
        if self.top < 1:
            raise ValueError(f"top must be at least 1, not {self.top}")


class Caption(NamedTuple):
    """A caption, and the images that it was written for."""

    text: str
    rows: list[Row]


def nearest_captions(
    checkpoint: str | os.PathLike[str], manifest: Manifest, captions: Manifest, config: NearestConfig
) -> Iterator[dict[str, Any]]:
    """A line an image (docs/formats.md, Nearest captions), of all captions of `captions`, each once.

    Captions are compared by their cosine in the common space; equal ones stand in the order of `captions`.
    Raises InputError for a checkpoint that is no dual encoder, manifests or pictures that cannot be used,
    and where there are no captions.
    """
    rows = manifest.only(config.splits)
    candidates = _captions(captions)
    device = choose_device(config.device)
    precision = choose_precision(config.precision, device)
    model, tokenizer, preprocessing = load_captioner(checkpoint, device, ["encoder"], "find captions")
    texts = []
    for first in range(0, len(candidates), config.batch_size):
        some = [caption.text for caption in candidates[first : first + config.batch_size]]
        tokens = encode_captions(tokenizer, some, model.textual.max_tokens).to(device)
        with inference(device, precision):
            texts.append(model.encode_text(tokens))
    pictures = batches(
        [manifest.root / row.path for row in rows],
        preprocessing,
        batch_size=config.batch_size,
        workers=default_workers(len(rows), device) if config.workers is None else config.workers,
        device=device,
    )
    unwritten = iter(rows)
    for images in track(pictures, total=len(rows), batch_size=config.batch_size, description="searching"):
        with inference(device, precision):
            cosines = model.encode_image(images) @ torch.cat(texts).T
        for image_cosines in cosines.float().cpu():
            yield _line(next(unwritten), candidates, image_cosines, config.top)


def _captions(manifest: Manifest) -> list[Caption]:
    """Each text once, with all images that it stands at."""
    found: dict[str, Caption] = {}
    for row in manifest.rows:
        for text in captions_of(row, manifest.name):
            found.setdefault(text, Caption(text, [])).rows.append(row)
    if not found:
        raise InputError(f"{manifest.name} has no captions: make some with `vtbr-data caption`")
    return list(found.values())


def _line(row: Row, candidates: list[Caption], cosines: Tensor, top: int) -> dict[str, Any]:
    order = torch.argsort(cosines, descending=True, stable=True)[:top].tolist()
    nearest = []
    for rank, place in enumerate(order, start=1):
        caption = candidates[place]
        nearest.append(
            {
                "rank": rank,
                "caption": caption.text,
                "cosine": round(cosines[place].item(), 6),
                "images": len(caption.rows),
                "right": any(_is_same(row, other) for other in caption.rows),
            }
        )
    kept = {key: value for key, value in row.keys.items() if key not in ("captions", "attributes")}
    return {**kept, "nearest": nearest}


def _is_same(row: Row, other: Row) -> bool:
    """Whether both are of one image, or of one known person."""
    return row.path == other.path or (row.identity == other.identity and row.identity > 0)
