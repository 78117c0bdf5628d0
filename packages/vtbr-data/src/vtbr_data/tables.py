"""Tables with a header to rows: CSV and TSV (columns by docs/formats.md)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from vtbr_data.attributes import from_text
from vtbr_data.errors import InputError
from vtbr_data.row import Row

_SEPARATORS = {".csv": ",", ".tsv": "\t"}


def separator_of(path: Path) -> str:
    """What stands between the cells of a table with this name; empty if it is no table by its name.

    >>> separator_of(Path("people.tsv.gz"))
    '\\t'
    """
    return _SEPARATORS.get(Path(path.name.removesuffix(".gz")).suffix.lower(), "")


def table_rows(blocks: Iterable[bytes], name: str, separator: str = ",") -> Iterator[Row]:
    """The rows of a table in UTF-8; raises `InputError` with the line for whatever is wrong with it."""
    try:
        text = io.StringIO(b"".join(blocks).decode(), newline="")
    except UnicodeDecodeError as error:
        raise InputError(f"{name} is not UTF-8 text: save the table as CSV in UTF-8") from error
    reader = csv.DictReader(text, strict=True, delimiter=separator)
    try:
        if reader.fieldnames and "path" not in reader.fieldnames:
            raise InputError(f'{name} line 1 has no column "path", only {", ".join(reader.fieldnames)}')
        for cells in reader:
            yield Row.from_object(_object_of_cells(cells))
    except csv.Error as error:
        raise InputError(f"{name} line {reader.line_num} is no CSV: {error}") from error
    except InputError as error:
        if str(error).startswith(name):
            raise
        raise InputError(f"{name} line {reader.line_num} {error}") from error


def _object_of_cells(cells: Mapping[str | Any, str | Any]) -> dict[str, Any]:
    if None in cells:
        raise InputError("has more cells than the header: put quotes around text with commas")
    line: dict[str, Any] = {}
    attributes: dict[str, Any] = {}
    for column, cell in cells.items():
        if cell is None:
            raise InputError(f'has fewer cells than the header: "{column}" is missing')
        if cell == "":
            continue
        if column == "caption":
            line["captions"] = [cell]
        elif column.startswith("attribute."):
            attribute = column.removeprefix("attribute.")
            attributes[attribute] = from_text(attribute, cell)
        elif column in ("identity", "camera", "sequence", "box"):
            line[column] = _whole_number_of(cell, column)
        else:
            line[column] = cell
    return line | {"attributes": attributes}


def _whole_number_of(cell: str, column: str) -> int:
    try:
        return int(cell)
    except ValueError:
        raise InputError(f'"{column}" must be a whole number, not {cell!r}') from None
