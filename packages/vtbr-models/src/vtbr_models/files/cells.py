"""A table's cells, from text, Parquet or a JSON array (docs/formats.md, Tables)."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, NoReturn

from ..errors import InputError

_SEPARATORS = {",": "", "\t": "tabs", ";": "semicolons", "|": "vertical bars"}
PARQUET = b"PAR1"
"""How such a file begins."""

_ADVICE = "save it in UTF-8"
_UTF_8_MARK = b"\xef\xbb\xbf"
_UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_WORKBOOK_MARKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # .xlsx and .xls
_LONGEST_CELL = 2**31 - 1  # csv's own limit, 131,072, is less than a long list of captions
_NAMED_SEPARATOR = re.compile(r'sep=([^\r\n"])(?:\r\n?|\n|\Z)', re.IGNORECASE)
"""The first line that Excel writes."""


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


def read_text(
    name: str, text: str, notes: Sequence[str], num_recognised: Callable[[Sequence[str]], int]
) -> Cells:
    """Read a text table; the separator is the one under which most header cells are recognised.

    Raises InputError for wrong quotes, and for rows of another length.
    """
    if "\0" in text:
        raise InputError(f"{name} holds NUL characters: {_ADVICE}")
    limit = csv.field_size_limit(_LONGEST_CELL)
    try:
        named = _NAMED_SEPARATOR.match(text)
        separator = named[1] if named else _separator(text, num_recognised)
        said = f'"{separator}"' if named else _SEPARATORS[separator]
        lines = _lines(name, text[named.end() :] if named else text, separator, 1 if named else 0)
        _, header = next(lines, (0, []))
        rows, places, num_empty = [], [], 0
        for number, row in lines:
            if not any(row):
                num_empty += 1
                continue
            rows.append(row)
            places.append(f"line {number}")
    finally:
        csv.field_size_limit(limit)
    return Cells(header, rows, places, [*notes, *([f"separated by {said}"] if said else [])], num_empty)


def read_json_array(name: str, text: str, notes: Sequence[str]) -> Cells:
    """Read a JSON array of objects, an object a row; the columns are the keys of all objects."""
    try:
        objects = load_json(text)
    except ValueError as error:
        raise InputError(f"{name} is not valid JSON ({error}): copy or write it again") from error
    return cells_of_objects(name, objects, [f"row {number}" for number in range(1, len(objects) + 1)], notes)


def cells_of_objects(name: str, objects: Sequence[Any], places: Sequence[str], notes: Sequence[str]) -> Cells:
    """Make rows of objects; raises InputError for one that is none."""
    for place, found in zip(places, objects, strict=True):
        if not isinstance(found, dict):
            raise InputError(f'{name} {place} is not an object like {{"path": "0001.jpg"}}')
    header = list(dict.fromkeys(key for found in objects for key in found))
    return _typed(header, [[found.get(key) for key in header] for found in objects], places, notes)


def load_json(text: str) -> Any:
    """Parse JSON as it is specified; raises ValueError that says what is wrong and in which column."""
    try:
        found = _JSON.decode(text)
        if "\\ud" in text.lower():
            json.dumps(found, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        line = f"line {error.lineno} " if "\n" in text else ""
        raise ValueError(f"{error.msg}, {line}column {error.colno}") from error
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    except UnicodeEncodeError as error:
        raise ValueError("half a surrogate pair") from error
    return found


def read_parquet(name: str, data: bytes) -> Cells:
    """Read a Parquet file; raises InputError where pyarrow is not installed, or the file is damaged."""
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise InputError(f"{name} is Parquet: `pip install pyarrow` to read it") from error
    try:
        table = parquet.read_table(io.BytesIO(data))
    except (OSError, pyarrow.ArrowException) as error:
        raise InputError(f"{name} is a damaged Parquet file: copy or write it again") from error
    columns = [column.to_pylist() for column in table.columns]
    places = [f"row {number}" for number in range(1, table.num_rows + 1)]
    return _typed(table.column_names, [list(row) for row in zip(*columns, strict=True)], places, ())


def decoded(name: str, data: bytes) -> tuple[str, list[str]]:
    """Return the text of a file, without byte-order mark, and what is to be said of its encoding."""
    if data.startswith(_WORKBOOK_MARKS):
        raise InputError(f"{name} is an Excel workbook: save it as CSV in UTF-8")
    if data.startswith(_UTF_16_MARKS):
        try:
            return data.decode("utf-16"), ["UTF-16 text"]
        except UnicodeDecodeError as error:
            raise InputError(f"{name} is not whole UTF-16 text: {_ADVICE}") from error
    data = data.removeprefix(_UTF_8_MARK)
    try:
        return data.decode(), []
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise InputError(f"{name} is not UTF-8 text (line {line}): {_ADVICE}") from error


def text_of(value: Any) -> str:
    """Return a cell's text without spaces around it; null is no text."""
    if isinstance(value, str):
        return value.strip()
    if value is None or value != value:  # null, and pandas' NaN for it
        return ""
    if isinstance(value, bool | list | dict):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)


def _typed(
    header: Sequence[str], rows: Sequence[Sequence[Any]], places: Sequence[str], notes: Sequence[str]
) -> Cells:
    filled = [any(text_of(value) for value in row) for row in rows]
    kept = [row for row, is_filled in zip(rows, filled, strict=True) if is_filled]
    there = [place for place, is_filled in zip(places, filled, strict=True) if is_filled]
    return Cells([name.strip() for name in header], kept, there, notes, filled.count(False))


def _separator(text: str, num_recognised: Callable[[Sequence[str]], int]) -> str:
    """Return the separator under which the header has most columns that mean something."""
    scores = {}
    for separator in _SEPARATORS:
        try:
            header: list[str] = next(filter(None, _reader(text, separator)), [])
        except csv.Error:
            scores[separator] = (-1, 0)
            continue
        scores[separator] = (num_recognised([cell.strip() for cell in header]), len(header))
    return max(scores, key=lambda separator: scores[separator])


def _reader(text: str, separator: str) -> Any:
    return csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)


def _lines(name: str, text: str, separator: str, skipped: int) -> Iterator[tuple[int, list[str]]]:
    """Yield each row that is not blank, with the number of the line that it ends in."""
    reader = _reader(text, separator)
    try:
        for row in reader:
            if row:
                yield reader.line_num + skipped, [cell.strip() for cell in row]
    except csv.Error as error:
        raise InputError(
            f"{name} line {reader.line_num + skipped}: quotes are not closed or doubled: save it as CSV again"
        ) from error


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not allowed")


_JSON = json.JSONDecoder(parse_constant=_refuse_constant)
