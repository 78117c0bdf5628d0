"""VirTex's tokenizers: sentencepiece `.model` files of byte-pair encoding, as the `tokenizers` JSON.

The file is a protobuf (sentencepiece_model.proto): field 1 the pieces (1 text, 2 score, 3 kind), field 2 the
trainer's settings (3 its kind), field 3 the normaliser's (1 its name).
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers

from ..captioner import UNK
from ..errors import InputError

_SPECIAL = ("[PAD]", "[SOS]", "[EOS]", "[MASK]", "[UNK]")
_UNKNOWN, _CONTROL = 2, 3  # kinds of pieces
_BPE = 2  # kind of model
_SPACE = "▁"


def read_tokenizer(path: str, num_pieces: int) -> dict[str, Any]:
    """Return the tokenizer of a model with `num_pieces` rows, in our ids: pieces from 4 on are one higher.

    The file is a sentencepiece model, whose text is put into NFKC, lower-cased and freed of accents first, as
    VirTex prepares its captions; or what `vtbr-data tokenizer import` made of one, taken as it is. Raises
    InputError for any other file, another number of pieces, and other special pieces.
    """
    data = Path(path).read_bytes()
    if data.lstrip().startswith(b"{"):
        return _imported(path, data, num_pieces)
    try:
        pieces, kind = _parse(data)
    except (ValueError, IndexError, struct.error) as error:
        raise InputError(
            f"{path} is not a sentencepiece model: give the .model file, or what `vtbr-data tokenizer import` "
            "made of it"
        ) from error
    if kind != _BPE:
        raise InputError(f"{path} is not byte-pair encoding: VirTex's tokenizers are of --model_type=bpe")
    if len(pieces) != num_pieces:
        raise InputError(
            f"{path} has {len(pieces)} pieces, the model {num_pieces}: give the model's own tokenizer"
        )
    if [piece[2] for piece in pieces[:UNK]] != [_UNKNOWN, _CONTROL, _CONTROL, _CONTROL]:
        raise InputError(f"{path} does not begin with the unknown, start, end and mask pieces of VirTex")
    return _tokenizer([(text, score) for text, score, _ in pieces[UNK:]])


def _imported(path: str, data: bytes, num_pieces: int) -> dict[str, Any]:
    """Return a tokenizer in JSON; raises InputError where its ids are not those of the model's rows."""
    try:
        tokenizer = Tokenizer.from_str(data.decode())
    except Exception as error:  # the library raises bare Exceptions
        raise InputError(
            f"{path} is not a tokenizer in JSON: write one with `vtbr-data tokenizer import`"
        ) from error
    ids = {token: tokenizer.token_to_id(token) for token in _SPECIAL}
    wrong = next((token for number, token in enumerate(_SPECIAL) if ids[token] != number), None)
    if wrong is not None:
        found = "is missing" if ids[wrong] is None else f"has the id {ids[wrong]}"
        raise InputError(
            f"{path}: {wrong} {found}, its id must be {_SPECIAL.index(wrong)}: import the model's .model again, "
            "without --keep-ids"
        )
    size = tokenizer.get_vocab_size()
    if size != num_pieces + 1:  # [PAD] is new
        raise InputError(
            f"{path} has {size} tokens, the model needs {num_pieces + 1}: import the model's own .model"
        )
    read: dict[str, Any] = json.loads(tokenizer.to_str())
    return read


def _tokenizer(pieces: list[tuple[str, float]]) -> dict[str, Any]:
    vocabulary = dict(zip(_SPECIAL, range(len(_SPECIAL)), strict=True))
    vocabulary.update({text: len(_SPECIAL) + number for number, (text, _) in enumerate(pieces)})
    merges = [
        (text[:cut], text[cut:])
        for text, _ in sorted(pieces, key=lambda piece: -piece[1])  # the best score merges first
        for cut in range(1, len(text))
        if text[:cut] in vocabulary and text[cut:] in vocabulary
    ]
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=merges, unk_token="[UNK]", fuse_unk=True))
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.NFKC(),
            normalizers.Lowercase(),
            normalizers.NFD(),
            normalizers.StripAccents(),
            normalizers.NFC(),
            normalizers.Replace(Regex(r"\s+"), " "),
            normalizers.Strip(),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(
        replacement=_SPACE, prepend_scheme="always", split=True
    )
    tokenizer.decoder = decoders.Metaspace(replacement=_SPACE, prepend_scheme="always")
    tokenizer.add_special_tokens(list(_SPECIAL))
    read: dict[str, Any] = json.loads(tokenizer.to_str())
    return read


def _parse(data: bytes) -> tuple[list[tuple[str, float, int]], int]:
    """Return (text, score, kind) of each piece, and the kind of the model."""
    pieces, model_kind = [], 1  # unigram where a file does not say
    for number, value in _fields(data):
        if number == 1 and isinstance(value, bytes):
            parts = dict(_fields(value))
            text, score = parts.get(1, b""), parts.get(2, b"\0\0\0\0")
            if not isinstance(text, bytes) or not isinstance(score, bytes):
                raise ValueError("a piece without text")
            pieces.append((text.decode(), struct.unpack("<f", score)[0], _number(parts.get(3, 1))))
        elif number == 2 and isinstance(value, bytes):
            model_kind = _number(dict(_fields(value)).get(3, 1))
    return pieces, model_kind


def _number(value: bytes | int) -> int:
    if not isinstance(value, int):
        raise ValueError("bytes where a number is due")  # noqa: TRY004 -- of the file, not of a caller
    return value


def _fields(data: bytes) -> Iterator[tuple[int, bytes | int]]:
    """Yield (field number, value) of a protobuf message: numbers as int, all else as its bytes."""
    position = 0
    while position < len(data):
        key, position = _varint(data, position)
        wire = key & 7
        if wire == 0:
            value, position = _varint(data, position)
            yield key >> 3, value
            continue
        if wire == 2:
            length, position = _varint(data, position)
        elif wire in (1, 5):
            length = {1: 8, 5: 4}[wire]
        else:
            raise ValueError(f"wire type {wire}")
        if position + length > len(data):
            raise ValueError("cut off")
        yield key >> 3, data[position : position + length]
        position += length


def _varint(data: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[position]
        value |= (byte & 127) << shift
        position, shift = position + 1, shift + 7
        if byte < 128:
            return value, position
        if shift > 63:
            raise ValueError("a number of more than 64 bits")
