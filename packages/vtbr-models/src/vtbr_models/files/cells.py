"""A table's cells, from text, Parquet or a JSON array (docs/formats.md, Tables)."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from ..errors import InputError

_SEPARATORS = {",": "", "\t": "tabs", ";": "semicolons", "|": "vertical bars"}
_UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_WORKBOOK_MARKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # .xlsx and .xls
_LONGEST_CELL = 2**31 - 1  # csv's own limit, 131,072, is less than a long list of captions


class Cells(NamedTuple):
    """A header and the rows below it."""

    header: Sequence[str]
    rows: Sequence[Sequence[Any]]
    """As many cells each as the header has; text, or what Parquet or JSON hold."""
    places: Sequence[str]
    """Of each row, for errors: `line 3` or `row 3`."""
    notes: Sequence[str]
    """What is to be said of the text: encoding and separator."""
    num_empty: int
    """Rows without any text, which are left out."""


def read_text(name: str, data: bytes, num_recognised: Callable[[Sequence[str]], int]) -> Cells:
    """Read a text table; the separator is the one under which most header cells are recognised.

    Raises InputError for other encodings than UTF-8 and UTF-16, wrong quotes, and rows of another length.
    """
    if data.startswith(_WORKBOOK_MARKS):
        raise InputError(f"{name} is an Excel workbook: save it as CSV in UTF-8")
    text, notes = _decoded(name, data)
    if "\0" in text:
        raise InputError(f"{name} holds NUL characters: save it as CSV in UTF-8")
    limit = csv.field_size_limit(_LONGEST_CELL)
    try:
        separator, skipped, said = _separator(text, num_recognised)
        lines = _lines(name, text, separator, skipped)
        _, header = next(lines, (0, None))
        if header is None:
            raise InputError(f"{name} has no rows")
        rows, places, num_empty = [], [], 0
        for number, row in lines:
            if not any(row):
                num_empty += 1
                continue
            if len(row) < len(header) or any(row[len(header) :]):
                raise InputError(f"{name} line {number} has {len(row)} cells; the header has {len(header)}")
            if len(row) > len(header):
                row = row[: len(header)]
            rows.append(row)
            places.append(f"line {number}")
    finally:
        csv.field_size_limit(limit)
    return Cells(header, rows, places, [*notes, *said], num_empty)


def read_json_array(name: str, data: bytes) -> Cells:
    """Read a JSON array of objects, an object a row; the columns are the keys of all objects."""
    text, _ = _decoded(name, data)
    try:
        objects = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{name} is not valid JSON ({error}): save it again") from error
    for number, found in enumerate(objects, start=1):
        if not isinstance(found, dict):
            raise InputError(f"{name} row {number} is not a JSON object")
    header = list(dict.fromkeys(key for found in objects for key in found))
    return _typed(header, [[found.get(key) for key in header] for found in objects])


def read_parquet(name: str, data: bytes) -> Cells:
    """Read a Parquet file; raises InputError where pyarrow is not installed, or the file is damaged."""
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise InputError(f"{name} is Parquet, which needs one more package: pip install pyarrow") from error
    try:
        table = parquet.read_table(io.BytesIO(data))
    except (OSError, pyarrow.ArrowException) as error:
        raise InputError(f"{name} is a damaged Parquet file: copy or write it again") from error
    columns = [column.to_pylist() for column in table.columns]
    return _typed(table.column_names, [list(row) for row in zip(*columns, strict=True)])


def text_of(value: Any) -> str:
    """Return a cell's text without spaces around it; null is no text."""
    if isinstance(value, str):
        return value.strip()
    if value is None or value != value:  # null, and pandas' NaN for it
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else str(value)


def _typed(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> Cells:
    kept, places, num_empty = [], [], 0
    for number, row in enumerate(rows, start=1):
        if any(text_of(value) for value in row):
            kept.append(row)
            places.append(f"row {number}")
        else:
            num_empty += 1
    return Cells([name.strip() for name in header], kept, places, [], num_empty)


def _decoded(name: str, data: bytes) -> tuple[str, list[str]]:
    is_utf_16 = data.startswith(_UTF_16_MARKS)
    encoding = "utf-16" if is_utf_16 else "utf-8-sig"
    try:
        return data.decode(encoding), ["UTF-16 text"] if is_utf_16 else []
    except UnicodeDecodeError as error:
        line = data[: error.start].count("\n".encode("utf-16-le") if is_utf_16 else b"\n") + 1
        raise InputError(f"{name} is not UTF-8 text (line {line}): save it as CSV in UTF-8") from error


def _separator(text: str, num_recognised: Callable[[Sequence[str]], int]) -> tuple[str, int, list[str]]:
    """Return the separator, the lines before the header, and what is to be said of it."""
    first = text.split("\n", 1)[0].rstrip("\r")
    if len(first) == len("sep=;") and first.lower().startswith("sep="):
        return first[-1], 1, [f'separated by "{first[-1]}"']
    scores = {}
    for separator in _SEPARATORS:
        try:
            header = next(
                (row for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator) if row), []
            )
        except csv.Error:
            header = []
        scores[separator] = (num_recognised([cell.strip() for cell in header]), len(header))
    best = max(scores, key=lambda separator: scores[separator])
    return best, 0, [f"separated by {_SEPARATORS[best]}"] if _SEPARATORS[best] else []


def _lines(name: str, text: str, separator: str, skipped: int) -> Iterator[tuple[int, list[str]]]:
    """Yield each row that is not blank, with the number of the line that it ends in."""
    source = io.StringIO(text, newline="")
    for _ in range(skipped):
        source.readline()
    reader = csv.reader(source, delimiter=separator, strict=True)
    try:
        for row in reader:
            if row:
                yield reader.line_num + skipped, [cell.strip() for cell in row]
    except csv.Error as error:
        raise InputError(
            f"{name} line {reader.line_num + skipped}: quotes are not closed or doubled: save it as CSV again"
        ) from error
