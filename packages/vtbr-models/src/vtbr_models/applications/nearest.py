"""The captions nearest to pictures, by a dual encoder.

Legend: B images, T captions, D width of the common space.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any, NamedTuple

import torch
from torch import Tensor

from ..errors import InputError
from ..files import SPLITS, Manifest, Row
from ..inference import InferenceConfig, Session
from .text_extraction import captions_of, encode_captions


class Caption(NamedTuple):
    """A caption, and the images that it was written for."""

    text: str
    rows: list[Row]


def nearest_captions(
    checkpoint: str | os.PathLike[str],
    manifest: Manifest,
    captions: Manifest,
    *,
    top: int = 5,
    splits: tuple[str, ...] = SPLITS,
    inference: InferenceConfig | None = None,
) -> Iterator[dict[str, Any]]:
    """Yield a line an image with its `top` nearest captions (docs/formats.md, Nearest captions).

    Each text of `captions` is searched once, by its cosine in the common space; equally near ones keep the
    order of `captions`. Raises InputError for a checkpoint that is not a dual encoder, manifests or pictures
    that cannot be used, and where there are no captions.
    """
    rows, candidates = manifest.only(splits), _captions(captions)
    session = Session(checkpoint, inference or InferenceConfig())
    model = session.captioner(["encoder"], "find captions")
    texts = []
    for first in range(0, len(candidates), session.config.batch_size):
        some = [caption.text for caption in candidates[first : first + session.config.batch_size]]
        tokens = encode_captions(session.tokenizer, some, model.textual.max_tokens).to(session.device)
        with session.computing():
            texts.append(model.encode_text(tokens))
    for indices, images in session.batches(manifest.root, rows, description="searching"):
        with session.computing():
            cosines = model.encode_image(images) @ torch.cat(texts).T
        for index, image_cosines in zip(indices, cosines.float().cpu(), strict=True):
            yield _line(rows[index], candidates, image_cosines, top)


def _captions(manifest: Manifest) -> list[Caption]:
    """Collect each text once, with all images that have it."""
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
    """Return whether both rows are of one image, or of one known person."""
    return row.path == other.path or (row.identity == other.identity and row.identity > 0)
