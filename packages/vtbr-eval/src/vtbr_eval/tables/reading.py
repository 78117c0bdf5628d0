"""Reads a table as manifest rows and says how each column was read (docs/formats.md, "Tables")."""

from __future__ import annotations

import gzip
import json
import zlib

from ..errors import InputError
from . import values
from .columns import is_recognised
from .rows import Rows, SheetReader, TableOptions
from .sheet import (
    json_array,
    sheet_of_objects,
    sheet_of_parquet,
    sheet_of_text,
    text_of,
)

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
    if data[:4] == b"PAR1":
        return SheetReader(sheet_of_parquet(data, name), options, needs_path).read()
    if data.startswith(WORKBOOKS):
        raise InputError(f"{name} is an Excel workbook: save it as CSV in UTF-8")
    text, notes = text_of(data, name)
    start = text.lstrip()[:1]
    if start == "{" or name.removesuffix(".gz").endswith((".jsonl", ".ndjson")):
        return _json_lines(text, name)
    if start == "[":
        sheet = sheet_of_objects(json_array(text, name), name)
        sheet.notes = notes
    else:
        named = {values.normal(header) for _, header in options.columns}
        sheet = sheet_of_text(
            text, name, notes, lambda cell: is_recognised(cell) or values.normal(cell) in named
        )
    return SheetReader(sheet, options, needs_path).read()


def _unpacked(data: bytes, name: str) -> bytes:
    if data[:2] != b"\x1f\x8b" and not name.endswith(".gz"):
        return data
    try:
        return gzip.decompress(data)
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise InputError(f"{name}: is not a complete gzip file: copy or write it again") from None


def _json_lines(text: str, name: str) -> Rows:
    found = Rows([], is_manifest=True)
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            row = None
        if not isinstance(row, dict):
            raise InputError(
                f"{name}:{number}: is not a JSON object: a manifest has one image a line, see docs/formats.md"
            )
        found.rows.append({"path": None, "identity": -1, "camera": -1, "split": "gallery"} | row)
        found.where.append(f"{name}:{number}")
    return found
