"""A folder of feature files that together are one table."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

from ..errors import InputError
from ..features import FeatureTable
from ..paths import PathList

SUFFIXES = frozenset({".safetensors", ".npz", ".npy", ".mat", ".h5", ".hdf5"})


def read_folder(folder: Path, read: Callable[[Path], FeatureTable]) -> FeatureTable:
    """The rows of all feature files in `folder`, one file after the other in the order of their names.

    The features of all are held in memory. Raises `InputError` where widths or models differ and
    where there is no such file.
    """
    files = sorted(path for path in folder.iterdir() if path.suffix in SUFFIXES and path.is_file())
    if not files:
        raise InputError(f"{folder}: holds no feature file ({', '.join(sorted(SUFFIXES))})")
    tables = [read(file) for file in files]
    first = tables[0]
    for table in tables[1:]:
        if table.features.shape[1] != first.features.shape[1]:
            widths = f"{first.features.shape[1]:,} and {table.features.shape[1]:,}"
            raise InputError(f"{first.name} and {table.name} are {widths} wide: extract both with one model")
        for what, about in (("model", "models"), ("data", "manifests")):
            a, b = (_fingerprint(t, what) for t in (first, table))
            if a and b and a != b:
                raise InputError(
                    f"{first.name} and {table.name} come from two {about}: a folder holds the parts of one "
                    "extraction"
                )
        if bool(table.notes) != bool(first.notes):
            raise InputError(
                f"{first.name} and {table.name}: people count from 0 in one of them only: number them alike"
            )
    prints = "".join(table.fingerprint for table in tables)
    return FeatureTable(
        features=np.concatenate([table.features for table in tables]),
        identity=np.concatenate([table.identity for table in tables]),
        camera=np.concatenate([table.camera for table in tables]),
        split=np.concatenate([table.split for table in tables]),
        path=PathList.of(path for table in tables for path in table.path),
        fingerprint=hashlib.sha256(prints.encode()).hexdigest(),
        metadata=first.metadata,
        name=str(folder),
        notes=tuple(dict.fromkeys(note for table in tables for note in table.notes)),
    )


def _fingerprint(table: FeatureTable, what: str) -> str | None:
    source = table.metadata.get(what)
    fingerprint = source.get("fingerprint") if isinstance(source, dict) else None
    return fingerprint if isinstance(fingerprint, str) else None
