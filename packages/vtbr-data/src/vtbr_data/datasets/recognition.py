"""Which known dataset a folder looks like."""

from __future__ import annotations

from pathlib import Path

from ..errors import InputError
from .folders import FOLDERS, has_splits, tree_hint
from .listing import folders_in, found_in, require_folder
from .registry import DATASETS

_INNER_FOLDERS = 50  # looked at for a hint; a folder a person makes thousands


def recognised(folder: Path) -> str:
    """Name of the dataset that lies in `folder`; raises `InputError` with what to try if it is unclear."""
    if folder.is_file():
        return "table"
    require_folder(folder)
    names = looks_like(folder)
    if len(names) == 1:
        return names[0]
    if names:
        raise InputError(f"{folder} looks like several datasets: say which, {' or '.join(names)}")
    if has_splits(folder):
        return FOLDERS.name
    advice = hint(folder) or tree_hint(folder)
    raise InputError(
        f"{folder} looks like no known dataset; {found_in(folder)}{advice}. For your own pictures: "
        "`index table`, `index folders` (one a person) or `index files --pattern '{identity}_c{camera}_*'`"
    )


def looks_like(folder: Path) -> list[str]:
    """Return names of the datasets whose layout `folder` has."""
    if not folder.is_dir():
        return []
    return [name for name, dataset in DATASETS.items() if dataset.recognise(folder)]


def hint(folder: Path) -> str:
    """Return what `folder`, or a folder in it, looks like, for the end of a message; empty if like nothing."""
    if not folder.is_dir():
        return ""
    for place in (folder, *(folder / name for name in folders_in(folder)[:_INNER_FOLDERS])):
        for name in looks_like(place):
            return f"; {place} looks like {DATASETS[name].title}: `vtbr-data index {name} {place}`"
    return ""
