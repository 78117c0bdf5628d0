"""Parquet files to tables, with pyarrow where it is installed."""

from __future__ import annotations

import io
from typing import Any

from ..errors import InputError
from .cells import text_of
from .tables import Table


def parquet_table(data: bytes, name: str) -> Table:
    """Read a Parquet file; raises `InputError` for one that is damaged, and without pyarrow."""
    try:
        from pyarrow import ArrowException
        from pyarrow.parquet import ParquetFile
    except ImportError as error:
        raise InputError(f"{name} is Parquet: `pip install pyarrow` to read it") from error
    try:
        with ParquetFile(io.BytesIO(data)) as file:
            headers = [header.strip() for header in file.schema_arrow.names]
            columns = [[_plain(cell) for cell in column.to_pylist()] for column in file.read().columns]
    except (ArrowException, OSError) as error:
        raise InputError(f"{name} is a damaged Parquet file: copy or write it again") from error
    rows, numbers = [], []
    for number, cells in enumerate(zip(*columns, strict=True), start=1):
        if any(map(text_of, cells)):
            rows.append(list(cells))
            numbers.append(number)
    empty_rows = len(columns[0]) - len(rows) if columns else 0
    return Table(name, headers, rows, numbers, unit="row", empty_rows=empty_rows)


def _plain(cell: Any) -> Any:
    """Return a value that JSON can hold: itself, or its text."""
    return cell if cell is None or isinstance(cell, (str, int, float, list, dict)) else str(cell)
