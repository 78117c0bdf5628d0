"""Tables of other people's making, split into headers and cells: docs/formats.md, Tables.

`table_rows` makes rows of them; the golden tables in tests/contracts/tables hold both to the page.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

import msgspec

from ..errors import InputError
from .cells import text_of
from .columns import is_recognised

_SEPARATORS = {",": "", "\t": "tabs", ";": "semicolons", "|": "vertical bars"}
UTF16 = (b"\xff\xfe", b"\xfe\xff")
"""Byte-order marks."""
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # .xlsx, .xls
_ADVICE = "save it in UTF-8"
_BOM = b"\xef\xbb\xbf"
_NAMED_SEPARATOR = re.compile(r'sep=([^\r\n"])(?:\r\n?|\n|\Z)', re.IGNORECASE)
"""The first line that Excel writes."""
_LONGEST_CELL = 2**31 - 1  # csv's own limit, 131,072, is less than a long list of captions


@dataclass(frozen=True, slots=True)
class TableOptions:
    """What a user says of a table."""

    columns: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Headers of the columns of some keys (`--column`)."""
    first_identity: int | None = None
    """1: 0 is a distractor; 0: people are counted from 0; None: decided by the table."""


@dataclass(frozen=True, slots=True)
class Table:
    """Headers and cells, text or typed; empty rows are gone."""

    name: str
    headers: list[str]
    rows: list[list[Any]]
    numbers: list[int]
    """What messages call each row."""
    unit: str = "line"
    notes: Sequence[str] = ()
    empty_rows: int = 0
    is_text: bool = False
    """Whether all cells are text without spaces around it."""

    def where(self, place: int) -> str:
        """Return what messages call row `place`, from 0."""
        return f"{self.name} {self.unit} {self.numbers[place]}"


def text_table(data: bytes, name: str, options: TableOptions, notes: Sequence[str] = ()) -> Table:
    """Split a table in text; raises `InputError` for another encoding and for bad quoting."""
    text = _decoded(data, name)
    if "\0" in text:
        raise InputError(f"{name} holds NUL characters: {_ADVICE}")
    named = _NAMED_SEPARATOR.match(text)
    separator = named[1] if named else _separator(text, options)
    if said := f'"{separator}"' if named else _SEPARATORS[separator]:
        notes = [*notes, f"separated by {said}"]
    skipped = 1 if named else 0
    lines = _cells(text[named.end() :] if named else text, separator)
    headers: list[str] = []
    rows: list[list[Any]] = []
    numbers: list[int] = []
    empty = 0
    try:
        for number, cells in lines:
            if not headers:
                headers = cells
            elif any(cells):
                rows.append(cells)
                numbers.append(skipped + number)
            else:
                empty += 1
    except _BadQuotesError as error:
        raise InputError(
            f"{name} line {skipped + error.line}: quotes are not closed or doubled: save it as CSV again"
        ) from error
    return Table(name, headers, rows, numbers, notes=notes, empty_rows=empty, is_text=True)


def json_table(data: bytes, name: str, notes: Sequence[str] = ()) -> Table:
    """Make a table of a JSON array of objects; raises `InputError` for other JSON."""
    text = _decoded(data, name)
    try:
        objects = msgspec.json.decode(text)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise InputError(f"{name} is not valid JSON ({json_fault(text)}): copy or write it again") from error
    return object_table(objects, name, notes=notes)


def json_fault(text: str | bytes) -> str:
    """Return what is wrong with a JSON text, as the standard library says it, which knows the column."""
    try:
        json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        line = f"line {error.lineno} " if "\n" in error.doc else ""
        return f"{error.msg}, {line}column {error.colno}"
    except UnicodeDecodeError:
        return "not UTF-8"
    except RecursionError:
        return "nested too deeply"
    except ValueError as error:
        return str(error)
    return "half a surrogate pair or a number too large"


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not allowed")


def object_table(
    objects: Sequence[Any],
    name: str,
    unit: str = "row",
    numbers: Sequence[int] | None = None,
    notes: Sequence[str] = (),
) -> Table:
    """Make a table of objects, whose keys are the columns; raises `InputError` for anything else.

    `numbers` are what messages call the objects, from 1 without them.
    """
    numbers = range(1, len(objects) + 1) if numbers is None else numbers
    headers: dict[str, None] = {}
    for number, line in zip(numbers, objects, strict=True):
        if not isinstance(line, dict):
            raise InputError(f'{name} {unit} {number} is not an object like {{"path": "0001.jpg"}}')
        headers.update(dict.fromkeys(line))
    rows, kept = [], []
    for number, line in zip(numbers, objects, strict=True):
        if any(text_of(cell) for cell in line.values()):
            rows.append([line.get(header) for header in headers])
            kept.append(number)
    names = [header.strip() for header in headers]
    return Table(name, names, rows, kept, unit, notes, len(objects) - len(rows))


def from_utf16(data: bytes, name: str) -> tuple[bytes, list[str]]:
    """Return UTF-16 text as UTF-8, and a note for people; raises `InputError` for what is not."""
    try:
        return data.decode("utf-16").encode(), ["UTF-16 text"]
    except UnicodeError as error:
        raise InputError(f"{name} is not whole UTF-16 text: {_ADVICE}") from error


def _decoded(data: bytes, name: str) -> str:
    if data.startswith(_WORKBOOKS):
        raise InputError(f"{name} is an Excel workbook: save it as CSV in UTF-8")
    data = data.removeprefix(_BOM)
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise InputError(f"{name} is not UTF-8 text (line {line}): {_ADVICE}") from error


def _separator(text: str, options: TableOptions) -> str:
    """Return the separator under which the header has most columns that are recognised."""
    chosen = {header for headers in options.columns.values() for header in headers}

    def worth(separator: str) -> tuple[int, int]:
        try:
            _, headers = next(_cells(text, separator), (0, []))
        except _BadQuotesError:
            return -1, 0
        return sum(is_recognised(header, chosen) for header in headers), len(headers)

    return max(_SEPARATORS, key=worth)  # of equal ones the first


class _BadQuotesError(Exception):
    """Quotes that are not closed or doubled, up to `line` from 1."""

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line


def _cells(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the cells of each line that is not blank, and the number of the line that they end in."""
    limit = csv.field_size_limit(_LONGEST_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        for row in reader:
            if row:
                yield reader.line_num, [cell.strip() for cell in row]
    except csv.Error as error:
        raise _BadQuotesError(reader.line_num) from error
    finally:
        csv.field_size_limit(limit)
