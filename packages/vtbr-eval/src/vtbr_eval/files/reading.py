"""Reads features from any file, pipe or folder: finds out what it is and calls the reader of its format."""

from __future__ import annotations

import hashlib
import os
import stat
import sys
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..features import BLOCK_BYTES, GALLERY, FeatureTable
from ..progress import Progress
from .features_file import table_from_safetensors
from .kinds import Kind, kind_of


def read_features(
    source: str | Path | BinaryIO, columns: str | Path | None = None, progress: Progress | None = None
) -> FeatureTable:
    """Reads a `vtbr.features` file; `-` is standard input, files are memory-mapped.

    Also reads `.npz`, `.npy` with the CSV table `columns` (default: the file of the same name
    beside it), layumi's `.mat`, HDF5 (extra), and a folder of such files (docs/formats.md). Raises
    `InputError` for anything else, saying what it is, and for a gallery image that is listed twice.
    Nothing is ever unpickled.
    """
    if isinstance(source, (str, Path)) and str(source) and Path(source).is_dir():
        from .folder import read_folder

        table = read_folder(Path(source), read_features)
    else:
        table = _read_file(source, columns, progress)
    _refuse_repeats(table)
    return table


def _read_file(
    source: str | Path | BinaryIO, columns: str | Path | None, progress: Progress | None
) -> FeatureTable:
    buffer, name = _bytes_of(source)
    kind = kind_of(buffer, name)
    fingerprint = _fingerprint(buffer, progress)
    if kind == "safetensors":
        return table_from_safetensors(buffer, name, fingerprint)
    return _read_foreign(kind, buffer, name, fingerprint, columns)


def _read_foreign(
    kind: Kind, buffer: NDArray[np.uint8], name: str, fingerprint: str, columns: str | Path | None
) -> FeatureTable:
    """Reads another tool's format; each reader is imported when it is needed, for speed of start."""
    from .arrays import table_from_arrays

    if kind == "npz":
        from .npz import arrays_from_npz

        return table_from_arrays(arrays_from_npz(buffer, name), name, fingerprint)
    if kind == "mat":
        from .mat import arrays_from_mat

        return table_from_arrays(arrays_from_mat(buffer, name), name, fingerprint)
    if kind == "hdf5":
        from .hdf5 import arrays_from_hdf5

        return table_from_arrays(arrays_from_hdf5(buffer, name), name, fingerprint)
    from .npy import array_from_npy, columns_from_csv

    table = Path(columns) if columns else Path(name).with_suffix(".csv")
    if not columns and not table.is_file():
        raise InputError(
            f"{name}: is a single numpy array, without identities and cameras: put a table "
            f"{table.name} with the columns path, identity, camera, split beside it, "
            "or name one by `vtbr-eval convert --columns`"
        )
    text = table.read_bytes()
    arrays = {"features": array_from_npy(buffer, name), **columns_from_csv(text, str(table))}
    both = hashlib.sha256((fingerprint + hashlib.sha256(text).hexdigest()).encode()).hexdigest()
    return table_from_arrays(arrays, name, both)


def _bytes_of(source: str | Path | BinaryIO) -> tuple[NDArray[np.uint8], str]:
    if not isinstance(source, (str, Path)):
        return np.frombuffer(source.read(), np.uint8), str(getattr(source, "name", "the stream"))
    if str(source) == "-":
        return np.frombuffer(sys.stdin.buffer.read(), np.uint8), "standard input"
    with open(source, "rb") as file:  # noqa: PTH123 - "" must fail, Path("") is the folder
        status = os.fstat(file.fileno())
        if stat.S_ISREG(status.st_mode) and status.st_size:
            return np.memmap(file, np.uint8, "r"), str(source)
        return np.frombuffer(file.read(), np.uint8), str(source)


def _fingerprint(buffer: NDArray[np.uint8], progress: Progress | None) -> str:
    digest = hashlib.sha256()
    for start in range(0, len(buffer), BLOCK_BYTES):
        digest.update(buffer[start : start + BLOCK_BYTES].data)
        if progress:
            progress("reading", start, len(buffer))
    return digest.hexdigest()


def _refuse_repeats(table: FeatureTable) -> None:
    """Raises `InputError` where two gallery rows have one path and one feature: they would count twice.

    One path with different features is no repeat: a picture may show several people. Rows of the
    split query are not checked: texts carry the path of the image that they describe.
    """
    text, offset = table.path.text.tobytes(), table.path.offset.tolist()
    first: dict[bytes, int] = {}
    for row in np.flatnonzero(table.split == GALLERY).tolist():
        other = first.setdefault(text[offset[row] : offset[row + 1]], row)
        if other != row and np.array_equal(table.features[row], table.features[other]):
            raise InputError(
                f"{table.name}: the gallery image {table.path[row]} is listed twice, in rows {other} and "
                f"{row}: leave one of them out of the manifest"
            )
