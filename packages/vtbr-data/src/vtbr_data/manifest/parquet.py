"""Parquet files to tables, with pyarrow where it is installed."""

from __future__ import annotations

import io

from ..errors import InputError
from .tables import Table


def parquet_table(data: bytes, name: str) -> Table:
    """Read a Parquet file; raises `InputError` for one that is damaged, and without pyarrow."""
    try:
        from pyarrow import ArrowException
        from pyarrow.parquet import ParquetFile
    except ImportError as error:
        raise InputError(f"{name} is Parquet: `pip install 'vtbr-data[parquet]'` to read it") from error
    try:
        with ParquetFile(io.BytesIO(data)) as file:
            headers = [header.strip() for header in file.schema_arrow.names]
            columns = [column.to_pylist() for column in file.read().columns]
    except (ArrowException, OSError) as error:
        raise InputError(f"{name} cannot be read as Parquet: get a whole copy") from error
    rows = [list(cells) for cells in zip(*columns, strict=True)]
    return Table(name, headers, rows, list(range(1, len(rows) + 1)), unit="row")
