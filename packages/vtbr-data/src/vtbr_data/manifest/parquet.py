"""Parquet tables to rows, with pyarrow where it is installed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..errors import InputError
from .row import Row


def parquet_rows(table: Path) -> Iterator[Row]:
    """The rows of a Parquet file with the columns of docs/formats.md; empty cells are left out.

    `captions` may be a list of text, in place of one `caption`, and `attributes` a struct.
    """
    try:
        from pyarrow import ArrowException
        from pyarrow.parquet import ParquetFile
    except ImportError as error:
        raise InputError(f"{table} is Parquet: `pip install 'vtbr-data[parquet]'` to read it") from error
    number = 0
    try:
        with ParquetFile(table) as file:
            names = file.schema_arrow.names
            if "path" not in names:
                raise InputError(f'{table} has no column "path", only {", ".join(names)}')
            for batch in file.iter_batches():
                for cells in batch.to_pylist():
                    number += 1
                    yield Row.from_object(_object_of_cells(cells))
    except ArrowException as error:
        raise InputError(f"{table} is no Parquet file that can be read: get a whole copy") from error
    except InputError as error:
        raise InputError(str(error) if not number else f"{table} row {number} {error}") from error


def _object_of_cells(cells: dict[str, Any]) -> dict[str, Any]:
    line = {
        column: cell
        for column, cell in cells.items()
        if cell is not None and not column.startswith("attribute.")
    }
    attributes = {
        column.removeprefix("attribute."): cell
        for column, cell in cells.items()
        if column.startswith("attribute.") and cell is not None
    }
    # A struct has all its fields in every row; those of other rows are null.
    known = {name: value for name, value in line.get("attributes", {}).items() if value is not None}
    if known | attributes:
        line["attributes"] = known | attributes
    else:
        line.pop("attributes", None)
    if "caption" in line:
        line["captions"] = [line.pop("caption")]
    return line
