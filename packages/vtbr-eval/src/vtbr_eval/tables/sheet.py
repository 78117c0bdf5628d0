"""Splits a file into a header and cells: text tables, Parquet, arrays of JSON objects.

What the cells mean is for columns.py and values.py.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..errors import InputError
from .values import text as cell_text

SEPARATORS = {",": "", "\t": "tabs", ";": "semicolons", "|": "vertical bars"}
NAMED_SEPARATOR = re.compile(r'sep=([^\r\n"])(?:\r\n?|\n|\Z)', re.IGNORECASE)
"""The first line that Excel writes."""
LONGEST_CELL = 2**31 - 1  # csv's own limit, 131,072, is less than a long list of captions
PICTURE_ENDINGS = (".jpg", ".jpeg", ".png")


@dataclass
class Sheet:
    """Header and cells of a table, and how they were found."""

    name: str
    header: list[str]
    cells: list[list[Any]]
    """Text without outer spaces; of Parquet and JSON also other values, None where there is none."""
    where: list[str]
    """Each row's place in messages: `line 3` or `row 3`."""
    notes: list[str] = field(default_factory=list)
    """About encoding and separator."""
    empty_rows: int = 0

    def place(self, row: int) -> str:
        """Returns the table's name and the row's place, as messages begin."""
        return f"{self.name} {self.where[row]}"


def text_of(data: bytes, name: str) -> tuple[str, list[str]]:
    """Decodes UTF-8, or UTF-16 with a byte-order mark, and returns what to say of it."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return data.decode("utf-16"), ["UTF-16 text"]
        except UnicodeDecodeError:
            raise InputError(f"{name} is not whole UTF-16 text: save it in UTF-8") from None
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        return data.decode(), []
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise InputError(f"{name} is not UTF-8 text (line {line}): save it in UTF-8") from None


def sheet_of_text(text: str, name: str, notes: list[str], recognised: Callable[[str], bool]) -> Sheet:
    """Splits a text table; `recognised` tells whether a header is that of a known column.

    Raises `InputError` for broken quotes.
    """
    if "\0" in text:
        raise InputError(f"{name} holds NUL characters: save it in UTF-8")
    limit = csv.field_size_limit(LONGEST_CELL)
    try:
        told = NAMED_SEPARATOR.match(text)
        separator = told[1] if told else _separator(text, recognised)
        said = f'"{separator}"' if told else SEPARATORS[separator]
        sheet = Sheet(name, [], [], [], [*notes, *([f"separated by {said}"] if said else [])])
        for number, cells in _rows(text[told.end() :] if told else text, name, separator, 1 if told else 0):
            if not sheet.header:
                sheet.header = cells
            elif any(cells):
                sheet.cells.append(cells)
                sheet.where.append(f"line {number}")
            else:
                sheet.empty_rows += 1
    finally:
        csv.field_size_limit(limit)
    return sheet


def check_lengths(sheet: Sheet, row: int) -> None:
    """Cuts empty surplus cells of a row; raises `InputError` where the number of cells is another."""
    cells, width = sheet.cells[row], len(sheet.header)
    if len(cells) > width and not any(cells[width:]):
        del cells[width:]
    if len(cells) != width:
        raise InputError(f"{sheet.place(row)} has {len(cells)} cells; the header has {width}")


def sheet_of_objects(rows: list[Any], name: str, where: Sequence[str], notes: list[str]) -> Sheet:
    """Makes a table of JSON objects; its columns are all their keys in the order of appearance."""
    for place, row in zip(where, rows, strict=True):
        if not isinstance(row, dict):
            raise InputError(f'{name} {place} is not an object like {{"path": "0001.jpg"}}')
    header = list(dict.fromkeys(key for row in rows for key in row))
    return _typed(name, header, [[row.get(key) for key in header] for row in rows], where, notes)


def sheet_of_parquet(data: bytes, name: str) -> Sheet:
    """Reads a Parquet table; raises `InputError` without pyarrow, saying what to type."""
    pyarrow = parquet_library(name)
    try:
        table = pyarrow.parquet.read_table(io.BytesIO(data))
        columns = [[_plain(cell) for cell in column.to_pylist()] for column in table.columns]
    except Exception:  # a damaged file can end in almost any error of pyarrow
        raise InputError(f"{name} is a damaged Parquet file: copy or write it again") from None
    count = table.num_rows
    cells = [list(row) for row in zip(*columns, strict=True)] if columns else [[] for _ in range(count)]
    where = [f"row {number}" for number in range(1, count + 1)]
    return _typed(name, table.column_names, cells, where, [])


def parquet_library(name: str) -> Any:
    """Returns pyarrow; raises `InputError` where it is not installed, saying what to type."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise InputError(f"{name} is Parquet: `pip install pyarrow` to read it") from None
    return pyarrow


def _typed(
    name: str, header: Sequence[str], cells: list[list[Any]], where: Sequence[str], notes: list[str]
) -> Sheet:
    """Makes a table of values of any type; rows without any text are left out and counted."""
    filled = [any(map(cell_text, row)) for row in cells]
    kept = [row for row, is_filled in zip(cells, filled, strict=True) if is_filled]
    there = [place for place, is_filled in zip(where, filled, strict=True) if is_filled]
    return Sheet(name, [key.strip() for key in header], kept, there, notes, filled.count(False))


def _plain(cell: Any) -> Any:
    """Returns a value that JSON can hold: itself, or its text."""
    return cell if cell is None or isinstance(cell, str | int | float | list | dict) else str(cell)


def _rows(text: str, name: str, separator: str, skipped: int) -> Iterator[tuple[int, list[str]]]:
    reader = _reader(text, separator)
    try:
        for row in reader:
            if row:
                yield reader.line_num + skipped, [cell.strip() for cell in row]
    except csv.Error:
        line = reader.line_num + skipped
        raise InputError(
            f"{name} line {line}: quotes are not closed or doubled: save it as CSV again"
        ) from None


def _reader(text: str, separator: str) -> Any:
    return csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)


def _separator(text: str, recognised: Callable[[str], bool]) -> str:
    """Returns the separator under which the header has most recognised columns, then most cells."""
    best, most = ",", (-1, -1)
    for separator in SEPARATORS:
        try:
            header: list[str] = next(filter(None, _reader(text, separator)), [])
        except csv.Error:
            continue
        found = (sum(recognised(cell.strip()) for cell in header), len(header))
        if found > most:
            best, most = separator, found
    return best
