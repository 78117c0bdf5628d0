"""Datasets to manifests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from msgspec.structs import replace

from vtbr_data.datasets import DATASETS, HalfOf
from vtbr_data.errors import InputError
from vtbr_data.row import Row


def index_dataset(
    name: str, folder: Path | str, *, root: Path | str | None = None, half: HalfOf | None = None
) -> Iterator[Row]:
    """List the dataset `name` that lies in `folder` (for `table`: the CSV file), with paths relative to
    `root`.

    `root` defaults to `folder`. `half` chooses the random halves of sets that have no fixed splits. Raises
    `InputError` if the folder holds something else.
    """
    if name not in DATASETS:
        raise InputError(f"there is no dataset {name}: use one of {', '.join(DATASETS)}")
    folder = Path(folder)
    start = folder.parent if name == "table" else folder
    rows = DATASETS[name].rows(folder, half or HalfOf())
    way = _way(start, Path(root) if root is not None else start)
    is_empty = True
    for row in rows:
        is_empty = False
        yield row if way == "." else replace(row, path=_joined(way, row.path))
    if is_empty:
        raise InputError(f"{folder} holds no pictures of {name}: expected {DATASETS[name].layout}")


def _way(folder: Path, root: Path) -> str:
    # Links are resolved first: `..` behind a link leads elsewhere.
    folder, root = folder.resolve(), root.resolve()
    try:
        return Path(os.path.relpath(folder, root)).as_posix()
    except ValueError:  # another drive of Windows
        return folder.as_posix()


def _joined(way: str, path: str) -> str:
    return path if Path(path).is_absolute() else f"{way}/{path}"
