"""Tokenizers: byte-pair encoding trained on the captions of a manifest, by the `tokenizers` library."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from vtbr_data.errors import InputError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

SPECIAL_TOKENS = ("[PAD]", "[SOS]", "[EOS]", "[MASK]", "[UNK]")
"""In the order of their ids, 0 to 4."""


def train_tokenizer(captions: Iterable[str], vocabulary_size: int = 10_000) -> Tokenizer:
    """Train a tokenizer with at most `vocabulary_size` tokens; the same captions give the same tokenizer.

    Text is put into NFKC, lower-cased, its accents stripped, its white space folded; words are split at white
    space and punctuation. A space belongs to the word behind it, so decoding gives the normalised text back.
    A character never seen in training is `[UNK]`. Raises `InputError` if the vocabulary is too small for the
    special tokens and letters.
    """
    # Forked data loaders warn about the library's threads otherwise.
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.NFKC(),
            normalizers.Lowercase(),
            normalizers.NFKD(),
            normalizers.StripAccents(),
            normalizers.NFC(),
            normalizers.Replace(Regex(r"[\s▁]+"), " "),  # the mark of a space is no letter
            normalizers.Strip(),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Metaspace(prepend_scheme="always"), pre_tokenizers.Punctuation()]
    )
    tokenizer.decoder = decoders.Metaspace(prepend_scheme="always")
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary_size, special_tokens=list(SPECIAL_TOKENS), show_progress=False
    )
    tokenizer.train_from_iterator(captions, trainer)
    if tokenizer.get_vocab_size() > vocabulary_size:
        raise InputError(
            f"a vocabulary of {vocabulary_size} is too small: the captions' letters and the special tokens "
            f"alone are {tokenizer.get_vocab_size()}"
        )
    return tokenizer


def read_tokenizer(path: Path | str) -> Tokenizer:
    """Read a tokenizer file; raises `InputError` if it is none or its special ids are not those of
    docs/formats.md."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    from tokenizers import Tokenizer

    path = Path(path)
    if not path.is_file():
        raise InputError(f"there is no tokenizer {path}: make one with vtbr-data tokenizer train")
    try:
        tokenizer = Tokenizer.from_str(path.read_text(encoding="utf-8"))
    except Exception as error:  # the library raises bare Exceptions
        raise InputError(f"{path} is no tokenizer of the tokenizers library: {error}") from error
    for number, token in enumerate(SPECIAL_TOKENS):
        if tokenizer.token_to_id(token) != number:
            raise InputError(
                f"{path}: {token} has id {tokenizer.token_to_id(token)}, not {number}: train it anew"
            )
    return tokenizer


def summary(tokenizer: Tokenizer) -> dict[str, object]:
    """Kind, size, special ids and the vocabulary in the order of its ids."""
    vocabulary = tokenizer.get_vocab()
    return {
        "model": json.loads(tokenizer.to_str())["model"]["type"],
        "vocabulary_size": len(vocabulary),
        "special": {token: tokenizer.token_to_id(token) for token in SPECIAL_TOKENS},
        "tokens": sorted(vocabulary, key=vocabulary.__getitem__),
    }
