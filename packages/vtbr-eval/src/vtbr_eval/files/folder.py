"""A folder of feature files that together are one table."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from ..errors import InputError
from ..features import FeatureTable
from ..tables import TableOptions, split_of
from .arrays import Part, joined

SUFFIXES = frozenset({".safetensors", ".npz", ".npy", ".mat", ".h5", ".hdf5", ".parquet"})
TEXTS = frozenset({".csv", ".tsv"})
"""Feature files where nothing else in the folder is one; else they are tables of labels."""

Read = Callable[[Path, str | None], FeatureTable | list[Part]]
"""Reads a file, called with the split that its name says."""


def read_folder(folder: Path, read: Read, options: TableOptions) -> FeatureTable:
    """Returns the rows of all feature files in `folder`, one after the other in the order of their names.

    Files may be in folders called query and gallery. A file that does not say its split has that of
    its name or its folder's. The features of all are held in memory. Raises `InputError` where
    widths or models differ and where there is no such file.
    """
    files = _files(folder, SUFFIXES) or _files(folder, TEXTS)
    if not files:
        raise InputError(f"{folder}: holds no feature file ({', '.join(sorted(SUFFIXES | TEXTS))})")
    parts: list[Part | FeatureTable] = []
    first: FeatureTable | None = None
    for file in files:
        found = read(file, _side(folder, file))
        if isinstance(found, list):
            parts += found
            continue
        first = first or found
        _check_origin(first, found)
        parts.append(found)
    prints = "".join(dict.fromkeys(part.fingerprint for part in parts))
    fingerprint = hashlib.sha256(prints.encode()).hexdigest()
    return joined(parts, str(folder), fingerprint, 1 if first else options.first_identity)


def _files(folder: Path, suffixes: frozenset[str]) -> list[Path]:
    inside = [
        path
        for child in folder.iterdir()
        if child.is_dir() and split_of(child.name)
        for path in child.iterdir()
    ]
    return sorted(path for path in [*folder.iterdir(), *inside] if path.suffix in suffixes and path.is_file())


def _side(folder: Path, file: Path) -> str | None:
    """Returns the split that a file's folder or the first word of its name says."""
    words = [file.parent.name] * (file.parent != folder) + [
        file.stem,
        *file.stem.replace("-", "_").split("_"),
    ]
    return next((side for word in words if (side := split_of(word))), None)


def _check_origin(first: FeatureTable, table: FeatureTable) -> None:
    for what, about in (("model", "models"), ("data", "manifests")):
        a, b = (_fingerprint(t, what) for t in (first, table))
        if a and b and a != b:
            raise InputError(
                f"{first.name} and {table.name} come from two {about}: "
                "a folder holds the parts of one extraction"
            )


def _fingerprint(table: FeatureTable, what: str) -> str | None:
    source = table.metadata.get(what)
    fingerprint = source.get("fingerprint") if isinstance(source, dict) else None
    return fingerprint if isinstance(fingerprint, str) else None
