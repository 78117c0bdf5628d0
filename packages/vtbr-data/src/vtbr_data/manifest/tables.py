"""Tables of other people's making, split into headers and cells: docs/formats.md, Tables.

`table_rows` makes rows of them; the golden tables in tests/contracts/tables hold both to the page.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from ..errors import InputError
from .cells import text_of
from .columns import is_recognised

_SEPARATORS = {",": "", "\t": "tabs", ";": "semicolons", "|": "vertical bars"}
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # .xlsx, .xls
_BOM = b"\xef\xbb\xbf"


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

    @property
    def is_text(self) -> bool:
        """Whether all cells are text without spaces around it."""
        return self.unit == "line"

    def where(self, place: int) -> str:
        """Return what messages call row `place`, from 0."""
        return f"{self.name} {self.unit} {self.numbers[place]}"


def text_table(data: bytes, name: str, options: TableOptions) -> Table:
    """Split a table in text; raises `InputError` for another encoding and for bad quoting."""
    text, notes = _decoded(data, name)
    first = 0
    if text.startswith("sep=") and text[5:6] in ("\r", "\n"):
        separator, first = text[4], 1
        text = text[7:] if text[5:7] == "\r\n" else text[6:]
        notes.append(f'separated by "{separator}"')
    else:
        separator = _separator(text, options)
        if _SEPARATORS[separator]:
            notes.append(f"separated by {_SEPARATORS[separator]}")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    rows: list[list[Any]] = []
    numbers: list[int] = []
    empty = 0
    try:
        headers = [cell.strip() for cell in next(filter(None, reader), [])]
        for row in filter(None, reader):
            cells = [cell.strip() for cell in row]
            if any(cells):
                rows.append(cells)
                numbers.append(first + reader.line_num)
            else:
                empty += 1
    except csv.Error as error:
        raise InputError(f"{name} line {first + reader.line_num} is not CSV: {error}") from error
    if not headers:
        raise InputError(f"{name} is empty: a manifest has one image a line")
    return Table(name, headers, rows, numbers, notes=notes, empty_rows=empty)


def json_table(data: bytes, name: str) -> Table:
    """Make a table of a JSON array of objects; raises `InputError` for other JSON."""
    try:
        objects = msgspec.json.decode(data.removeprefix(_BOM))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"{name} is not valid JSON: {error}") from error
    return object_table(objects, name)


def object_table(objects: Sequence[Any], name: str, unit: str = "row") -> Table:
    """Make a table of objects, whose keys are the columns; raises `InputError` for anything else."""
    headers: dict[str, None] = {}
    for number, line in enumerate(objects, start=1):
        if not isinstance(line, dict):
            raise InputError(f"{name} {unit} {number} is not an object")
        headers.update(dict.fromkeys(line))
    rows: list[list[Any]] = []
    numbers: list[int] = []
    for number, line in enumerate(objects, start=1):
        if any(text_of(cell) for cell in line.values()):
            rows.append([line.get(header) for header in headers])
            numbers.append(number)
    names = [header.strip() for header in headers]
    return Table(name, names, rows, numbers, unit=unit, empty_rows=len(objects) - len(rows))


def _decoded(data: bytes, name: str) -> tuple[str, list[str]]:
    """Return the text, and notes on its encoding."""
    advice = "save it as CSV in UTF-8"
    if data.startswith(_WORKBOOKS):
        raise InputError(f"{name} is an Excel workbook: {advice}")
    try:
        if data.startswith(_UTF16):
            text, notes = data.decode("utf-16"), ["UTF-16 text"]
        else:
            text, notes = data.removeprefix(_BOM).decode(), []
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise InputError(f"{name} is not UTF-8 text (line {line}): {advice}") from error
    if "\0" in text:
        raise InputError(f"{name} holds NUL characters: {advice}")
    return text, notes


def _separator(text: str, options: TableOptions) -> str:
    """Return the separator under which the header has most columns that are recognised."""
    chosen = {header for headers in options.columns.values() for header in headers}

    def worth(separator: str) -> tuple[int, int]:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
        try:
            headers = [cell.strip() for cell in next(filter(None, reader), [])]
        except csv.Error:
            return -1, 0
        return sum(is_recognised(header, chosen) for header in headers), len(headers)

    return max(_SEPARATORS, key=worth)  # of equal ones the first
