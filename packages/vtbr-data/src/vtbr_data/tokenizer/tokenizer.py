"""Tokenizers trained on captions, as the `tokenizers` library's JSON."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError
from .special import BYTE_TOKENS
from .special import SPECIAL_TOKENS as SPECIAL_TOKENS

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from tokenizers.models import Model

MODELS = ("bpe", "wordpiece", "unigram")

_CONTINUING = "##"  # what WordPiece puts before a piece inside a word
_LONGEST_WORD = 200  # letters; WordPiece makes longer ones unknown


def train_tokenizer(
    captions: Iterable[str],
    vocabulary_size: int = 10_000,
    *,
    model: str = "bpe",
    byte_fallback: bool = False,
) -> Tokenizer:
    """Train a tokenizer with at most `vocabulary_size` tokens; the same captions give the same tokenizer.

    Text is put into NFKC, lower-cased, its accents stripped, its white space folded; words are split at white
    space and punctuation. A space belongs to the word after it, so decoding returns the normalised text.
    A character never seen in training is `[UNK]`, or with `byte_fallback` spelled by its bytes, which take
    256 of the vocabulary. `model` is one of `MODELS`: byte-pair encoding; WordPiece, whose pieces come from
    the same merges of neighbours and which cuts a word into the longest pieces from the left; or a unigram
    language model. Raises `InputError` if the vocabulary is too small for the special tokens and letters, and
    for WordPiece with bytes.
    """
    if model not in MODELS:
        raise InputError(f"there is no model {model}: use one of {', '.join(MODELS)}")
    if model == "wordpiece" and byte_fallback:
        raise InputError("WordPiece cannot fall back to bytes: use --model bpe or --model unigram")
    # Forked data loaders warn about the library's threads otherwise.
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    from tokenizers import Tokenizer

    from . import text

    counts = text.word_counts(captions)
    first = [*SPECIAL_TOKENS, *(BYTE_TOKENS if byte_fallback else ())]
    needed = len(first) + _num_letters(counts, model)
    if needed > vocabulary_size:
        raise InputError(
            f"a vocabulary of {vocabulary_size} is too small: the captions' letters and the special tokens "
            f"alone are {needed}"
        )
    size = vocabulary_size - len(first)
    tokenizer = Tokenizer(_trained(model, counts, first, size, byte_fallback))
    tokenizer.add_special_tokens(list(SPECIAL_TOKENS))
    tokenizer.encode_special_tokens = True  # "[EOS]" in a caption is text
    tokenizer.normalizer = text.normalizer()
    tokenizer.pre_tokenizer = text.pre_tokenizer()
    tokenizer.decoder = text.decoder(
        byte_fallback=byte_fallback, continuing=_CONTINUING if model == "wordpiece" else ""
    )
    return tokenizer


def read_tokenizer(path: Path | str, *, any_ids: bool = False) -> Tokenizer:
    """Read a tokenizer file; raises `InputError` if it is not one or, without `any_ids`, if its special ids are
    not those of docs/formats.md.
    """
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    from tokenizers import Tokenizer

    path = Path(path)
    if path.is_dir():
        raise InputError(f"{path} is a folder: give the tokenizer's JSON file in it")
    if not path.is_file():
        raise InputError(f"there is no tokenizer {path}: make one with vtbr-data tokenizer train")
    try:
        tokenizer = Tokenizer.from_str(path.read_text(encoding="utf-8"))
    except Exception as error:  # the library raises bare Exceptions
        raise InputError(
            f"{path} is not a tokenizer of the tokenizers library ({error}): make one with vtbr-data tokenizer "
            "train, or import a sentencepiece model"
        ) from error
    tokenizer.encode_special_tokens = True  # "[EOS]" in a caption is text
    for number, token in enumerate(() if any_ids else SPECIAL_TOKENS):
        if tokenizer.token_to_id(token) != number:
            raise InputError(
                f"{path}: {token} has id {tokenizer.token_to_id(token)}, not {number}: train it anew"
            )
    return tokenizer


def ids_of_line(line: str, number: int, size: int) -> list[int]:
    """Return the ids in a line, a JSON list of whole numbers below `size`; raises `InputError` with the
    line's number.

    >>> ids_of_line("[1, 7]", 1, 10)
    [1, 7]
    """
    try:
        ids = json.loads(line)
    except (ValueError, RecursionError):
        ids = None
    if not isinstance(ids, list) or not all(type(one) is int for one in ids):
        shown = line.strip()[:40]
        raise InputError(f"line {number} is not a list of ids like [17, 23] but {shown!r}")
    wrong = next((one for one in ids if not 0 <= one < size), None)
    if wrong is not None:
        raise InputError(f"line {number} has the id {wrong}: the tokenizer has 0 to {size - 1}")
    return ids


def summary(tokenizer: Tokenizer) -> dict[str, object]:
    """Return kind, size, special ids and the vocabulary in the order of its ids."""
    vocabulary = tokenizer.get_vocab()
    model = json.loads(tokenizer.to_str())["model"]
    return {
        "model": model["type"],
        "vocabulary_size": len(vocabulary),
        "byte_fallback": bool(model.get("byte_fallback")),
        "special": {
            token: number
            for number, token in sorted(
                (number, token.content)
                for number, token in tokenizer.get_added_tokens_decoder().items()
                if token.special
            )
        },
        "tokens": sorted(vocabulary, key=vocabulary.__getitem__),
    }


def _num_letters(counts: Iterable[str], model: str) -> int:
    letters = len({letter for word in counts for letter in word})
    return 2 * letters if model == "wordpiece" else letters  # at the beginning of a word and inside are two


def _trained(model: str, counts: dict[str, int], first: list[str], size: int, byte_fallback: bool) -> Model:
    from tokenizers import models

    from .merges import learn_merges
    from .unigram import learn_pieces

    if model == "unigram":
        pieces = [*((token, 0.0) for token in first), *learn_pieces(counts, size)]
        return models.Unigram(pieces, unk_id=first.index("[UNK]"), byte_fallback=byte_fallback)
    learnt = learn_merges(counts, size, continuing=_CONTINUING if model == "wordpiece" else "")
    vocabulary = {token: number for number, token in enumerate([*first, *learnt.vocabulary])}
    if model == "wordpiece":
        return models.WordPiece(
            vocabulary,
            unk_token="[UNK]",
            continuing_subword_prefix=_CONTINUING,
            max_input_chars_per_word=_LONGEST_WORD,
        )
    merges = [(learnt.vocabulary[left], learnt.vocabulary[right]) for left, right in learnt.pairs]
    return models.BPE(vocabulary, merges, unk_token="[UNK]", byte_fallback=byte_fallback)
