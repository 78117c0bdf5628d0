"""Anybody's own data: a table of `path, identity, camera, split`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..errors import InputError
from ..manifest import Row, parquet_rows, read_manifest, separator_of
from .dataset import Dataset, IndexOptions

_JSON_LINES = (".jsonl", ".ndjson", ".json")


def table_rows(table: Path, _options: IndexOptions) -> Iterator[Row]:
    """Rows of a table with a header, or of JSON Lines; paths in it are relative to its folder."""
    if table.is_dir():
        raise InputError(f"{table} is a folder: give the table itself, or see `vtbr-data index auto {table}`")
    if not table.exists():
        raise InputError(f"there is no table {table}")
    if table.suffix.lower() == ".parquet":
        yield from parquet_rows(table)
    elif separator_of(table) or table.name.removesuffix(".gz").lower().endswith(_JSON_LINES):
        yield from read_manifest(table).rows
    else:
        raise InputError(
            f"{table} is no table: expected a name ending in .csv, .tsv, .jsonl (each with .gz) or .parquet"
        )


TABLE = Dataset(
    name="table",
    title="a table",
    layout="a CSV, TSV, JSON Lines or Parquet file: path, identity, camera, split, caption, attribute.NAME",
    source="your own",
    rows=table_rows,
    note="Parquet needs `pip install 'vtbr-data[parquet]'`",
)
