"""Features of captions by a dual encoder, in the space where images are found by them.

Legend: B captions, L tokens, D width of the space.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from ..captioner import EOS, PAD, SOS
from ..errors import InputError
from ..files import Manifest, Row, track
from ..inference import Session
from .features import write_features

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from ..captioner import Captioner
    from .extraction import ExtractionConfig


def extract_texts_to(
    file: BinaryIO, checkpoint: str | os.PathLike[str], manifest: Manifest, config: ExtractionConfig
) -> int:
    """Stream a features file of the manifest's captions to `file`, a row each; return their number.

    A row has the path, identity, camera and split of the image that the caption belongs to
    (docs/formats.md). Raises InputError for a checkpoint that is not a dual encoder, or a manifest whose
    images have no captions.
    """
    rows = manifest.only(config.splits)
    described = [(row, caption) for row in rows for caption in captions_of(row, manifest.name)]
    if not described:
        raise InputError(f"{manifest.name} has no captions: make some with `vtbr-data caption`")
    session = Session(checkpoint, config.inference)
    model, tokenizer = session.captioner(["encoder"], "search by text"), session.tokenizer
    write_features(
        file,
        [row for row, _ in described],
        _features(session, model, tokenizer, [text for _, text in described]),
        width=model.dual_head.width,
        dtype=config.dtype,
        metadata={
            "model": {
                "fingerprint": session.metadata["sha256"],
                "name": f"{model.architecture['model']} {model.architecture['visual']['name']}",
            },
            "data": {"fingerprint": manifest.fingerprint},
            "settings": {
                "splits": list(config.splits),
                "texts": True,
                "precision": str(session.precision).removeprefix("torch."),
            },
        },
    )
    return len(described)


def _features(
    session: Session, model: Captioner, tokenizer: Tokenizer, texts: Sequence[str]
) -> Iterator[NDArray[np.float32]]:
    """Yield features (B, D) of all texts, in order."""
    size = session.config.batch_size
    batches = [texts[first : first + size] for first in range(0, len(texts), size)]
    for batch in track(batches, total=len(texts), batch_size=size, description="extracting"):
        tokens = encode_captions(tokenizer, batch, model.textual.max_tokens)
        with session.computing():  # not around the yield, which would leak it to the caller
            found = model.encode_text(tokens.to(session.device))
        yield found.cpu().numpy()


def encode_captions(tokenizer: Tokenizer, captions: Sequence[str], max_tokens: int) -> Tensor:
    """Encode captions as token ids (B, L): [SOS], words, [EOS], padding; words are cut, never [EOS]."""
    rows = [
        torch.tensor([SOS, *encoding.ids[: max_tokens - 2], EOS])
        for encoding in tokenizer.encode_batch(list(captions), add_special_tokens=False)
    ]
    return pad_sequence(rows, batch_first=True, padding_value=PAD)


def captions_of(row: Row, name: str) -> Sequence[str]:
    """Return the captions of a row, perhaps none; raises InputError where they are not a list of text."""
    captions = row.keys.get("captions") or []
    if not isinstance(captions, list) or not all(isinstance(caption, str) for caption in captions):
        raise InputError(f"{name}: {row.path}: captions must be a list of text, not {captions!r}")
    return captions
