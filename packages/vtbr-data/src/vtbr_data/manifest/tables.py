"""Tables with a header to rows and back: CSV and TSV (columns by docs/formats.md)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ..attributes import from_text
from ..errors import InputError
from .row import Row

_FIRST = ("path", "identity", "camera", "split")
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


def table_lines(rows: Iterable[Row], separator: str = ",") -> Iterator[bytes]:
    """The lines of a table, header first; raises `InputError` for a row that it would not give back.

    A table holds one caption a row, and text in the columns of unknown keys.
    """
    kept = list(rows)
    cells = [_cells_of(row) for row in kept]
    columns = list(dict.fromkeys([*_FIRST, *(column for line in cells for column in line)]))
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, restval="", delimiter=separator, lineterminator="\n")
    writer.writeheader()
    for row, line in zip(kept, cells, strict=True):
        if not _is_read_back(row, line):
            raise InputError(
                f"{row.path}: a table cannot hold this row (one caption, text without structure): "
                "write JSON Lines, a name that ends in .jsonl"
            )
        writer.writerow(line)
        yield text.getvalue().encode()
        text.seek(0)
        text.truncate()


def _cells_of(row: Row) -> dict[str, str]:
    line = {
        key: str(value) for key, value in row.to_object().items() if key not in ("captions", "attributes")
    }
    if row.captions:
        line["caption"] = row.captions[0]
    for name, value in row.attributes.items():
        line[f"attribute.{name}"] = str(value).lower() if isinstance(value, bool) else str(value)
    return line


def _is_read_back(row: Row, cells: dict[str, str]) -> bool:
    if any("\r" in text for text in (*cells, *cells.values())):  # the csv module would take it for a line end
        return False
    try:
        return Row.from_object(_object_of_cells(cells)) == row
    except InputError:
        return False


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
