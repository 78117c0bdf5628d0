"""Lines of JSON to rows, fast.

Whole blocks of lines are decoded and checked by msgspec against the shape of a usual line; a block in which
any line is different is read line by line by `Row.from_object`, which keeps unknown keys and names the line
that is wrong. Lines with other tools' keys become a table (docs/formats.md, Tables).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from sys import intern
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Struct, UnsetType

from ..errors import InputError
from .columns import foreign_keys
from .row import Row
from .tables import Table, json_fault, object_table

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


class UndecidedError(Exception):
    """A line is not a manifest's, or has another tool's key: `is_foreign` looks at all lines."""


def json_rows(blocks: Iterable[bytes], name: str, *, is_decided: bool = False) -> Iterator[list[Row]]:
    """Yield the rows of each block of whole lines; raises `InputError` that names the line that is wrong.

    Blank lines are accepted at the end only: line numbers would no longer be row numbers. Unless it
    `is_decided` that this is a manifest, a wrong line and another tool's key raise `UndecidedError`.
    """
    rows_so_far = 0
    blank_since = 0  # number of the first of the blank lines at the end so far; 0: there is none
    seen: set[str] | None = None if is_decided else set()
    for block in blocks:
        lines = block.split(b"\n")
        if not lines[-1]:
            lines.pop()
        rows = None if blank_since else _usual_rows(block, lines)
        if rows is None:
            rows, blank_since = _checked_rows(lines, name, rows_so_far, blank_since, seen)
        rows_so_far += len(rows)
        yield rows


def is_foreign(data: bytes) -> bool:
    """Return whether lines of JSON have a key for something that none of them says by a manifest's own key."""
    keys: set[str] = set()
    for line in data.split(b"\n"):
        try:
            found = _decode_any(line)
        except _UNDECODABLE:
            continue
        if isinstance(found, dict):
            keys |= found.keys()
    return bool(foreign_keys(keys))


def lines_table(data: bytes, name: str, notes: Sequence[str] = ()) -> Table:
    """Make a table of lines of JSON; raises `InputError` that names a line that is not an object."""
    objects, numbers = [], []
    for number, line in enumerate(data.split(b"\n"), start=1):
        if line.strip():
            objects.append(_decoded(line, f"{name} line {number}"))
            numbers.append(number)
    return object_table(objects, name, "line", numbers, notes)


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


def _checked_rows(
    lines: list[bytes], name: str, rows_so_far: int, blank_since: int, seen: set[str] | None
) -> tuple[list[Row], int]:
    rows: list[Row] = []
    for line in lines:
        where = f"{name} line {rows_so_far + len(rows) + 1}"
        if not line.strip():
            blank_since = blank_since or rows_so_far + len(rows) + 1
            continue
        found = _decoded(line, where)
        try:
            if blank_since:
                where = name
                raise InputError(f" line {blank_since} is empty: remove it")
            rows.append(Row.from_object(found))
        except InputError as error:
            if seen is not None:
                raise UndecidedError from error
            raise InputError(f"{where}{error}") from error
        if seen is not None and not found.keys() <= seen:
            seen |= found.keys()
            if foreign_keys(found.keys()):
                raise UndecidedError
    return rows, blank_since


def _decoded(line: bytes, where: str) -> dict[str, Any]:
    try:
        found = _decode_any(line)
    except UnicodeDecodeError as error:
        name, _, number = where.rpartition(" line ")
        raise InputError(f"{name} is not UTF-8 text (line {number}): save it in UTF-8") from error
    except _UNDECODABLE as error:
        raise InputError(
            f'{where} is not valid JSON ({json_fault(line)}): write one object a line, like {{"path": "0001.jpg"}}'
        ) from error
    if not isinstance(found, dict):
        raise InputError(f'{where} is not an object like {{"path": "0001.jpg"}}')
    return found
