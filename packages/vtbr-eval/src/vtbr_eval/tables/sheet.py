"""Splits a file into a header and cells: text tables, Parquet, arrays of JSON objects.

What the cells mean is for columns.py and values.py.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ..errors import InputError

SEPARATORS = {",": "", "\t": "tabs", ";": "semicolons", "|": "vertical bars"}
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
    notes = []
    try:
        if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
            text = data.decode("utf-16")
            notes.append(f"{name}: UTF-16 text")
        else:
            text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise InputError(f"{name} is not UTF-8 text (line {line}): save it as CSV in UTF-8") from None
    if "\0" in text:
        raise InputError(f"{name} holds NUL characters: save it as CSV in UTF-8")
    return text, notes


def sheet_of_text(text: str, name: str, notes: list[str], recognised: Callable[[str], bool]) -> Sheet:
    """Splits a text table; `recognised` tells whether a header is that of a known column.

    Raises `InputError` for broken quotes and for rows with another number of cells than the header.
    """
    first, _, rest = text.partition("\n")
    told = first.strip().removeprefix("sep=") if first.lower().startswith("sep=") else ""
    skipped = 0
    if len(told) == 1:
        text, skipped, separator = rest, 1, told
        notes = [*notes, f'{name}: separated by "{told}"']
    else:
        separator = _separator(text, recognised)
        notes = [*notes, *([f"{name}: separated by {SEPARATORS[separator]}"] if separator != "," else [])]
    sheet = Sheet(name, [], [], [], notes)
    for number, row in _rows(text, name, separator, skipped):
        cells = [cell.strip() for cell in row]
        if not sheet.header:
            sheet.header = cells
        elif not any(cells):
            sheet.empty_rows += 1
        else:
            sheet.cells.append(cells)
            sheet.where.append(f"line {number}")
    return sheet


def check_lengths(sheet: Sheet, row: int) -> None:
    """Cuts empty surplus cells of a row; raises `InputError` where the number of cells is another."""
    cells, width = sheet.cells[row], len(sheet.header)
    if len(cells) > width and not any(cells[width:]):
        del cells[width:]
    if len(cells) != width:
        raise InputError(f"{sheet.place(row)} has {len(cells)} cells; the header has {width}")


def sheet_of_objects(rows: list[Any], name: str) -> Sheet:
    """Makes a table of JSON objects; its columns are all their keys in the order of appearance."""
    for number, row in enumerate(rows, 1):
        if not isinstance(row, dict):
            raise InputError(f"{name} row {number}: is not a JSON object")
    header = list(dict.fromkeys(key for row in rows for key in row))
    cells = [[_plain(row.get(key)) for key in header] for row in rows]
    return Sheet(name, header, cells, [f"row {number}" for number in range(1, len(rows) + 1)])


def sheet_of_parquet(data: bytes, name: str) -> Sheet:
    """Reads a Parquet table; raises `InputError` without pyarrow, saying what to type."""
    pyarrow = parquet_library(name)
    try:
        table = pyarrow.parquet.read_table(io.BytesIO(data))
        columns = [[_plain(cell) for cell in column.to_pylist()] for column in table.columns]
    except Exception as error:  # a damaged file can end in almost any error of pyarrow
        reason = str(error).partition("\n")[0]
        raise InputError(f"{name} is a damaged Parquet file ({reason}): copy or write it again") from None
    count = table.num_rows
    cells = [list(row) for row in zip(*columns, strict=True)] if columns else [[] for _ in range(count)]
    return Sheet(name, list(table.column_names), cells, [f"row {number}" for number in range(1, count + 1)])


def parquet_library(name: str) -> Any:
    """Returns pyarrow; raises `InputError` where it is not installed, saying what to type."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise InputError(
            f"{name} is Parquet, and pyarrow is not installed: type `pip install pyarrow`"
        ) from None
    return pyarrow


def json_array(text: str, name: str) -> list[Any]:
    """Parses one JSON array; raises `InputError` for damaged JSON."""
    try:
        rows = json.loads(text)
    except (ValueError, RecursionError):
        raise InputError(f"{name} is not valid JSON: copy or write it again") from None
    assert isinstance(rows, list)
    return rows


def _plain(cell: Any) -> Any:
    return cell.strip() if isinstance(cell, str) else cell


def _rows(text: str, name: str, separator: str, skipped: int) -> list[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    found: list[tuple[int, list[str]]] = []
    try:
        found.extend((reader.line_num + skipped, row) for row in reader if row)
    except csv.Error as error:
        line = reader.line_num + skipped
        raise InputError(f"{name} line {line}: {error}: save it as CSV in UTF-8") from None
    return found


def _separator(text: str, recognised: Callable[[str], bool]) -> str:
    """Returns the separator under which the header has most recognised columns, then most cells."""
    best, most = ",", (-1, -1)
    for separator in SEPARATORS:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
        try:
            header = next((row for row in reader if row), [])
        except csv.Error:
            continue
        found = (sum(recognised(cell.strip()) for cell in header), len(header))
        if found > most:
            best, most = separator, found
    return best
