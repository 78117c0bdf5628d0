"""sentencepiece `.model` files (https://github.com/google/sentencepiece, sentencepiece_model.proto) as
tokenizers of the `tokenizers` library."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError
from .protobuf import Value, as_bytes, as_float, as_int, as_text, fields
from .special import SPECIAL_TOKENS

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from tokenizers.models import Model
    from tokenizers.normalizers import Normalizer

_NORMAL, _UNKNOWN, _CONTROL, _USER, _UNUSED, _BYTE = range(1, 7)  # types of pieces
_UNIGRAM, _BPE = 1, 2
_MODELS = {1: "unigram", 2: "BPE", 3: "word", 4: "char"}
_PLAIN_RULES = ("nmt_nfkc", "nfkc")
_PLACES = {  # of the special pieces of other tools, by the role they have here
    "[PAD]": ("[PAD]", "<pad>"),
    "[SOS]": ("[SOS]", "<s>", "[BOS]", "[CLS]"),
    "[EOS]": ("[EOS]", "</s>", "[SEP]"),
    "[MASK]": ("[MASK]", "<mask>"),
}


@dataclass(frozen=True, slots=True)
class Piece:
    """One entry of the vocabulary; its id is its place."""

    text: str
    score: float
    type: int


@dataclass(frozen=True, slots=True)
class SentencePieceModel:
    """What is in a `.model` file."""

    pieces: list[Piece] = field(default_factory=list)
    model: int = _UNIGRAM
    byte_fallback: bool = False
    is_suffix: bool = False
    """Spaces belong to the word before them."""
    rules: str = ""
    """Name of the normalisation rules."""
    charsmap: bytes = b""
    """The rules themselves, compiled; empty for none."""
    has_dummy_prefix: bool = True
    folds_spaces: bool = True
    escapes_spaces: bool = True


def read_model(path: Path | str) -> SentencePieceModel:
    """Parse a `.model` file; raises `InputError` if it is not one."""
    file = Path(path)
    if not file.is_file():
        raise InputError(f"there is no sentencepiece model {file}: give the .model file")
    try:
        model = _parsed(file.read_bytes())
        if not model.pieces:
            raise ValueError("it has no pieces")
    except ValueError as error:
        raise InputError(
            f"{file} is not a sentencepiece model: {error}; give the .model file, not the .vocab"
        ) from error
    return model


def to_tokenizer(
    model: SentencePieceModel, *, keeps_ids: bool = False, lower_case: bool = False
) -> tuple[Tokenizer, list[int]]:
    """Return the tokenizer that cuts text as `model` does, and the new id of each of its ids.

    Its ids are kept, or they become those of docs/formats.md: padding, start, end, mask and unknown pieces,
    by their names, take the ids 0 to 4, and all others follow in their order. Their names
    in a text are then these tokens, as everywhere here, not letters. `lower_case` puts text in lower
    case and strips its accents first, as VirTex does with its captions before they come to the model. Raises
    `InputError` for models other than BPE and unigram, and for treatments of spaces that the library lacks.
    """
    from tokenizers import Tokenizer

    if model.model not in (_UNIGRAM, _BPE):
        raise InputError(
            f"a model of the kind {_MODELS.get(model.model, model.model)}: only BPE and unigram are read"
        )
    if model.is_suffix or not model.escapes_spaces:
        raise InputError("spaces are treated as suffixes or not marked at all: such models are not read")
    roles = {name for others in _PLACES.values() for name in others}
    users = [piece.text for piece in model.pieces if piece.type == _USER and piece.text not in roles]
    if users:
        raise InputError(f"it has user-defined pieces ({users[0]}), which the library would cut otherwise")
    names, ids = _own_names(model) if keeps_ids else _our_names(model)
    renamed = {names[new]: piece for new, piece in zip(ids, model.pieces, strict=True)}
    unknown = next((name for name, piece in renamed.items() if piece.type == _UNKNOWN), None)
    if unknown is None:
        raise InputError("it has no unknown piece")
    tokenizer = Tokenizer(_model(model, names, renamed, unknown))
    tokenizer.normalizer = _normalizer(model, lower_case)
    _spaces(tokenizer, model)
    own = [name for name in names if keeps_ids and renamed[name].type in (_UNKNOWN, _CONTROL, _USER)]
    tokenizer.add_special_tokens(own if keeps_ids else names[:5])
    return tokenizer, ids


def _parsed(data: bytes) -> SentencePieceModel:
    model = SentencePieceModel()
    pieces = []
    for number, value in fields(data):
        if number == 1:
            pieces.append(_piece(as_bytes(value)))
        elif number == 2:
            trainer = dict(fields(as_bytes(value)))
            model = replace(
                model,
                model=as_int(trainer.get(3, _UNIGRAM)),
                is_suffix=_flag(trainer, 24, False),
                byte_fallback=_flag(trainer, 35, False),
            )
        elif number == 3:
            rules = dict(fields(as_bytes(value)))
            model = replace(
                model,
                rules=as_text(rules.get(1, b"")),
                charsmap=as_bytes(rules.get(2, b"")),
                has_dummy_prefix=_flag(rules, 3, True),
                folds_spaces=_flag(rules, 4, True),
                escapes_spaces=_flag(rules, 5, True),
            )
    return replace(model, pieces=pieces)


def _piece(message: bytes) -> Piece:
    parts = dict(fields(message))
    return Piece(as_text(parts.get(1, b"")), as_float(parts.get(2, bytes(4))), as_int(parts.get(3, _NORMAL)))


def _flag(message: dict[int, Value], number: int, default: bool) -> bool:
    return bool(as_int(message.get(number, int(default))))


def _own_names(model: SentencePieceModel) -> tuple[list[str], list[int]]:
    names = [piece.text for piece in model.pieces]
    if len(set(names)) < len(names):
        raise InputError("two pieces are the same text: their ids cannot be kept")
    return names, list(range(len(names)))


def _our_names(model: SentencePieceModel) -> tuple[list[str], list[int]]:
    """Return names by new id, and the new id of each piece."""
    role = {name: token for token, names in _PLACES.items() for name in names}
    names, ids = list(SPECIAL_TOKENS), []
    taken: set[str] = set()
    for piece in model.pieces:
        token = "[UNK]" if piece.type == _UNKNOWN else role.get(piece.text) if piece.type != _NORMAL else None
        if token and token not in taken:
            taken.add(token)
            ids.append(SPECIAL_TOKENS.index(token))
        else:
            ids.append(len(names))
            names.append(piece.text)
    return names, ids


def _model(model: SentencePieceModel, names: Sequence[str], pieces: dict[str, Piece], unknown: str) -> Model:
    from tokenizers import models

    number = {name: place for place, name in enumerate(names)}
    if model.model == _UNIGRAM:
        lowest = min(piece.score for piece in model.pieces)
        scored = [(name, pieces[name].score if name in pieces else lowest) for name in names]
        return models.Unigram(scored, unk_id=number[unknown], byte_fallback=model.byte_fallback)
    # Neighbours merge if they make a piece, the best piece first: every way to cut a piece in two is a merge.
    words = [name for name, piece in pieces.items() if piece.type == _NORMAL]
    known = set(words)
    merges = [
        (word[:cut], word[cut:])
        for word in sorted(words, key=lambda word: -pieces[word].score)
        for cut in range(1, len(word))
        if word[:cut] in known and word[cut:] in known
    ]
    return models.BPE(number, merges, unk_token=unknown, fuse_unk=True, byte_fallback=model.byte_fallback)


def _normalizer(model: SentencePieceModel, lower_case: bool) -> Normalizer:
    from tokenizers import Regex, normalizers

    steps: list[Normalizer] = []
    if lower_case:
        steps += [normalizers.Lowercase(), normalizers.NFD(), normalizers.StripAccents()]
    if model.rules in _PLAIN_RULES:
        # Small, and nearer to sentencepiece on combining marks than the library's reader of compiled rules.
        steps += (
            [normalizers.Nmt(), normalizers.NFKC()] if model.rules == "nmt_nfkc" else [normalizers.NFKC()]
        )
    elif model.charsmap:
        steps.append(normalizers.Precompiled(model.charsmap))
    if model.folds_spaces:
        steps += [normalizers.Replace(Regex("^ +| +$"), ""), normalizers.Replace(Regex(" {2,}"), " ")]
    return normalizers.Sequence(steps)


def _spaces(tokenizer: Tokenizer, model: SentencePieceModel) -> None:
    from tokenizers import decoders, pre_tokenizers

    from .text import SPACE, decoder

    scheme = "always" if model.has_dummy_prefix else "never"
    # Where a piece goes over several words, words cannot be looked at one by one.
    splits = not any(SPACE in piece.text[1:] for piece in model.pieces)
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme=scheme, split=splits)
    if model.byte_fallback and model.has_dummy_prefix:
        tokenizer.decoder = decoder(byte_fallback=True)
    else:
        tokenizer.decoder = decoders.Metaspace(prepend_scheme=scheme)
