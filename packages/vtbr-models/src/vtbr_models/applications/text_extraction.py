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

from ..captioner.textual import EOS, PAD, SOS
from ..checkpoint.checkpoint import read_metadata
from ..errors import InputError
from ..files.manifest import Manifest, Row
from ..files.progress import track
from ..inference.device import choose_device, choose_precision, inference
from .captioning import load_captioner
from .features import write_features

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from .extraction import ExtractionConfig


def extract_texts_to(
    file: BinaryIO, checkpoint: str | os.PathLike[str], manifest: Manifest, config: ExtractionConfig
) -> int:
    """Stream a features file of the manifest's captions to `file`, a row each; their number comes back.

    A row has the path, identity, camera and split of the image that the caption belongs to
    (docs/formats.md). Raises InputError for a checkpoint that is no dual encoder, or a manifest whose
    images have no captions.
    """
    described = [
        (row, caption) for row in manifest.only(config.splits) for caption in captions_of(row, manifest.name)
    ]
    if not described:
        raise InputError(f"{manifest.name} has no captions: make some with `vtbr-data caption`")
    device = choose_device(config.device)
    precision = choose_precision(config.precision, device)
    model, tokenizer, _ = load_captioner(checkpoint, device, ["encoder"], "search by text")
    starts = range(0, len(described), config.batch_size)
    batches = [described[start : start + config.batch_size] for start in starts]

    def features() -> Iterator[NDArray[np.float32]]:
        for batch in track(
            batches, total=len(described), batch_size=config.batch_size, description="extracting"
        ):
            tokens = encode_captions(tokenizer, [text for _, text in batch], model.textual.max_tokens)
            with inference(device, precision):  # not around the yield, which would leak it to the caller
                found = model.encode_text(tokens.to(device))
            yield found.cpu().numpy()

    write_features(
        file,
        [row for row, _ in described],
        features(),
        width=model.dual_head.width,
        dtype=config.dtype,
        metadata={
            "model": {
                "fingerprint": read_metadata(checkpoint)["sha256"],
                "name": f"{model.architecture['model']} {model.architecture['visual']['name']}",
            },
            "data": {"fingerprint": manifest.fingerprint},
            "settings": {
                "splits": list(config.splits),
                "texts": True,
                "precision": str(precision).removeprefix("torch."),
            },
        },
    )
    return len(described)


def encode_captions(tokenizer: Tokenizer, captions: Sequence[str], max_tokens: int) -> Tensor:
    """Token ids (B, L) as models read them: [SOS], words, [EOS], padding; words are cut, never [EOS]."""
    rows = [
        torch.tensor([SOS, *encoding.ids[: max_tokens - 2], EOS])
        for encoding in tokenizer.encode_batch(list(captions), add_special_tokens=False)
    ]
    return pad_sequence(rows, batch_first=True, padding_value=PAD)


def captions_of(row: Row, name: str) -> Sequence[str]:
    """The captions of a row, perhaps none; raises InputError, naming the manifest, for what is none."""
    captions = row.keys.get("captions") or []
    if not isinstance(captions, list) or not all(isinstance(caption, str) for caption in captions):
        raise InputError(f"{name}: {row.path}: captions must be a list of text, not {captions!r}")
    return captions
