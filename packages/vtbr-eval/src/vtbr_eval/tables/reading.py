"""Reads a table as manifest rows and says how each column was read (docs/formats.md, "Tables")."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from typing import Any

from ..errors import InputError
from . import values
from .columns import foreign_keys, is_recognised
from .manifest_rows import check_row
from .rows import Rows, SheetReader, TableOptions
from .sheet import Sheet, sheet_of_objects, sheet_of_parquet, sheet_of_text, text_of

WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""How .xlsx and .xls begin."""


def read_rows(
    data: bytes, name: str, options: TableOptions | None = None, *, needs_path: bool = True
) -> Rows:
    """Reads a table, or JSON Lines, from the bytes of a file; `.gz` is unpacked.

    Rows have `path` (None where a table without paths is allowed), `identity`, `camera` and `split`,
    and what else the table says. Raises `InputError` with the line of what cannot be read.
    """
    options = options or TableOptions()
    data = _unpacked(data, name)
    is_lines = name.removesuffix(".gz").lower().endswith((".jsonl", ".ndjson"))
    if data.startswith(b"PAR1") and not is_lines:
        return SheetReader(sheet_of_parquet(data, name), options, needs_path).read()
    if data.startswith(WORKBOOKS):
        raise InputError(f"{name} is an Excel workbook: save it as CSV in UTF-8")
    text, notes = text_of(data, name)
    if is_lines or text.lstrip()[:1] in ("{", ""):
        return _json_lines(text, name, notes, options, needs_path)
    if text.lstrip().startswith("["):
        sheet = _json_array(text, name, notes)
    else:
        named = {values.normal(header) for _, header in options.columns}
        sheet = sheet_of_text(
            text, name, notes, lambda cell: is_recognised(cell) or values.normal(cell) in named
        )
    return SheetReader(sheet, options, needs_path).read()


def _unpacked(data: bytes, name: str) -> bytes:
    if not data.startswith(b"\x1f\x8b") and not (data and name.endswith(".gz")):
        return data
    try:
        return gzip.decompress(data)
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise InputError(f"{name} is not a complete gzip file: copy or compress it again") from None


def _json_array(text: str, name: str, notes: list[str]) -> Sheet:
    try:
        rows = values.load_json(text)
    except ValueError as error:
        raise InputError(f"{name} is not valid JSON ({error}): copy or write it again") from None
    return sheet_of_objects(rows, name, [f"row {number}" for number in range(1, len(rows) + 1)], notes)


def _json_lines(text: str, name: str, notes: list[str], options: TableOptions, needs_path: bool) -> Rows:
    """Returns the lines as they are, or, if they have keys of other tools, read as a table."""
    lines = list(_objects(text, name))
    if not lines:
        raise InputError(f"{name} is empty: a manifest has one image a line")
    rows, where = [row for _, row in lines], [f"line {number}" for number, _ in lines]
    is_asked = bool(options.columns) or options.first_identity is not None
    if is_asked or foreign_keys({key for row in rows for key in row}):
        return SheetReader(sheet_of_objects(rows, name, where, notes), options, needs_path).read()
    found = Rows([], [f"{name}: {note}" for note in notes], is_manifest=True)
    for number, (line, _) in enumerate(lines, 1):
        if line != number:  # line numbers would no longer be row numbers
            raise InputError(f"{name} line {number} is empty: remove it")
    for row, place in zip(rows, where, strict=True):
        check_row(row, f"{name} {place}", needs_path)
        found.rows.append({"path": None, "identity": -1, "camera": -1, "split": "gallery"} | row)
        found.where.append(f"{name} {place}")
    return found


def _objects(text: str, name: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yields the number and the object of each line that is not blank."""
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = values.load_json(line)
        except ValueError as error:
            raise InputError(
                f"{name} line {number} is not valid JSON ({error}): "
                'write one object a line, like {"path": "0001.jpg"}'
            ) from None
        if not isinstance(row, dict):
            raise InputError(f'{name} line {number} is not an object like {{"path": "0001.jpg"}}')
        yield number, row
