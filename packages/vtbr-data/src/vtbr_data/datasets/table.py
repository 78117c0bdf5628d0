"""Anybody's own data: a CSV table of `path, identity, camera, split`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from vtbr_data.datasets.dataset import Dataset, HalfOf
from vtbr_data.errors import InputError
from vtbr_data.manifest import read_manifest
from vtbr_data.row import Row


def table_rows(table: Path, _half: HalfOf) -> Iterator[Row]:
    """Rows of a CSV file (`.csv` or `.csv.gz`) with a header; paths in it are relative to its folder."""
    if table.is_dir():
        raise InputError(f"{table} is a folder: give the CSV file itself")
    if not table.name.removesuffix(".gz").endswith(".csv"):
        raise InputError(f"{table} is no CSV table: expected a name ending in .csv or .csv.gz")
    yield from read_manifest(table).rows


TABLE = Dataset(
    name="table",
    layout="a CSV file with the columns path, identity, camera, split, caption, attribute.NAME",
    source="your own",
    rows=table_rows,
)
