"""A user's own data: a table of `path, identity, camera, split`, under these names or the field's others."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..errors import InputError
from ..manifest import Row, TableOptions, read_manifest
from .dataset import Dataset, IndexOptions


def table_rows(table: Path, options: IndexOptions) -> Iterator[Row]:
    """Yield the rows of a table, of JSON Lines or of a JSON array; paths are relative to its folder, of
    `-` (stdin) to the current one."""
    if table.is_dir():
        raise InputError(f"{table} is a folder: give the table itself, or see `vtbr-data index auto {table}`")
    if str(table) != "-" and not table.exists():
        raise InputError(f"there is no table {table}")
    chosen = TableOptions(options.columns, options.first_identity)
    yield from read_manifest(table, options=chosen, say=options.say).rows


TABLE = Dataset(
    name="table",
    title="a table",
    layout="CSV, TSV, JSON Lines, JSON or Parquet with a header: path, identity, camera, split, caption, ...",
    source="your own",
    rows=table_rows,
    note="other names of columns: docs/formats.md, Tables; Parquet needs `pip install 'vtbr-data[parquet]'`",
)
