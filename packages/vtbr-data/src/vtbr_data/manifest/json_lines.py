"""Lines of JSON to rows, fast.

Whole blocks of lines are decoded and checked by msgspec against the shape of a usual line; a block in which
any line is different is read line by line by `Row.from_object`, which keeps unknown keys and names the line
that is wrong.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from sys import intern
from typing import Annotated, Any, Literal, NoReturn

import msgspec
from msgspec import UNSET, Struct, UnsetType

from ..errors import InputError
from .row import Row

_Number = Annotated[int, msgspec.Meta(ge=-1, le=2**63 - 1)]
_Signed = Annotated[int, msgspec.Meta(ge=-(2**63) + 1, le=2**63 - 1)]


class _UsualLine(Struct, forbid_unknown_fields=True, gc=False):
    path: Annotated[str, msgspec.Meta(min_length=1)]
    identity: _Number = -1
    camera: _Number = -1
    split: Literal["train", "query", "gallery"] = "gallery"
    captions: tuple[str, ...] = ()
    attributes: dict[str, Any] = msgspec.field(default_factory=dict)
    sequence: _Signed | UnsetType = UNSET
    box: _Signed | UnsetType = UNSET


_decode_usual = msgspec.json.Decoder(_UsualLine).decode
_decode_any = msgspec.json.Decoder().decode
_UNDECODABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


def json_rows(blocks: Iterable[bytes], name: str) -> Iterator[list[Row]]:
    """Yield the rows of each block of whole lines; raises `InputError` that names the line that is wrong.

    Blank lines are accepted at the end only: line numbers would no longer be row numbers.
    """
    rows_so_far = 0
    blank_since = 0  # number of the first of the blank lines at the end so far; 0: there is none
    for block in blocks:
        lines = block.split(b"\n")
        if not lines[-1]:
            lines.pop()
        rows = None if blank_since else _usual_rows(block, lines)
        if rows is None:
            rows, blank_since = _checked_rows(lines, name, rows_so_far, blank_since)
        rows_so_far += len(rows)
        yield rows


def _usual_rows(block: bytes, lines: list[bytes]) -> list[Row] | None:
    if b"\\u0000" in block:  # no file name holds it
        return None
    try:
        return [_row(line) for line in map(_decode_usual, lines)]
    except _UNDECODABLE:
        return None


def _row(line: _UsualLine) -> Row:
    # Millions of rows say the same few words: one copy of each is kept (msgspec does so for keys).
    attributes = line.attributes and {
        key: intern(value) if type(value) is str else value for key, value in line.attributes.items()
    }
    extra = {}
    if line.sequence is not UNSET:
        extra["sequence"] = line.sequence
    if line.box is not UNSET:
        extra["box"] = line.box
    return Row(line.path, line.identity, line.camera, line.split, line.captions, attributes, extra)


def _checked_rows(lines: list[bytes], name: str, rows_so_far: int, blank_since: int) -> tuple[list[Row], int]:
    rows: list[Row] = []
    for line in lines:
        number = rows_so_far + len(rows) + 1
        if not line.strip():
            blank_since = blank_since or number
            continue
        if blank_since:
            raise InputError(f"{name} line {blank_since} is empty: remove it")
        try:
            rows.append(Row.from_object(_decoded(line)))
        except InputError as error:
            raise InputError(f"{name} line {number} {error}") from error
    return rows, blank_since


def _decoded(line: bytes) -> object:
    try:
        return _decode_any(line)
    except UnicodeDecodeError as error:
        raise InputError(f"is not UTF-8 text: {error.reason}") from error
    except (msgspec.MsgspecError, RecursionError) as error:
        if b"\\ud" in line.lower():
            raise InputError("is not UTF-8 text: it holds half a surrogate pair") from error
        raise InputError(
            f'is not valid JSON: {_reason(line) or error}; each line is an object like {{"path": "0001.jpg"}}'
        ) from error


def _reason(line: bytes) -> str:
    """Return what the standard library reports about `line`: the column, and what it expected there."""
    try:
        json.loads(line, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        return f"{error.msg} (column {error.colno})"
    except (ValueError, RecursionError) as error:
        return str(error)
    return ""


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not allowed")
