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
from ..tables import TableOptions
from .arrays import Part, joined, parts_from_arrays
from .features_file import table_from_safetensors
from .folder import read_folder
from .hdf5 import arrays_from_hdf5
from .kinds import Kind, kind_of
from .labelled import part_of_npy, part_of_parquet, part_of_wide_text
from .mat import arrays_from_mat
from .npz import arrays_from_npz

LABEL_SUFFIXES = (".csv", ".tsv", ".txt", ".parquet", ".jsonl", ".csv.gz", ".tsv.gz")
"""Of the table beside an `.npy`."""
_ARRAYS = {"npz": arrays_from_npz, "mat": arrays_from_mat, "hdf5": arrays_from_hdf5}


def read_features(
    source: str | Path | BinaryIO,
    columns: str | Path | None = None,
    progress: Progress | None = None,
    options: TableOptions | None = None,
) -> FeatureTable:
    """Reads a `vtbr.features` file; `-` is standard input, files are memory-mapped.

    Also reads `.npz`, `.npy` with the table `columns` (default: the file of the same name beside
    it), layumi's `.mat`, HDF5 (extra), tables with features in their columns (CSV, Parquet), and a
    folder of such files (docs/formats.md). What was read as what is in the table's `notes`;
    `options` are the user's word on it. Raises `InputError` for anything else, saying what it is,
    and for a gallery image that is listed twice. Nothing is ever unpickled.
    """
    options = options or TableOptions()
    if isinstance(source, (str, Path)) and str(source) and Path(source).is_dir():
        table = read_folder(
            Path(source), lambda file, side: _read_file(file, columns, progress, options, side), options
        )
    else:
        read = _read_file(source, columns, progress, options, None)
        if isinstance(read, FeatureTable):
            table = read
        else:
            table = joined(read, read[0].name, read[0].fingerprint, options.first_identity)
    _refuse_repeats(table)
    return table


def _read_file(
    source: str | Path | BinaryIO,
    columns: str | Path | None,
    progress: Progress | None,
    options: TableOptions,
    side: str | None,
) -> FeatureTable | list[Part]:
    buffer, name = _bytes_of(source)
    kind = kind_of(buffer, name)
    fingerprint = _fingerprint(buffer, progress)
    if kind == "safetensors":
        return table_from_safetensors(buffer, name, fingerprint)
    if kind in ("npy", "text", "parquet"):
        return [_read_labelled(kind, buffer, name, fingerprint, columns, options, side)]
    arrays, layout = _ARRAYS[kind](buffer, name)
    return parts_from_arrays(arrays, layout, name, fingerprint, side)


def _read_labelled(
    kind: Kind,
    buffer: NDArray[np.uint8],
    name: str,
    fingerprint: str,
    columns: str | Path | None,
    options: TableOptions,
    side: str | None,
) -> Part:
    if kind == "text":
        return part_of_wide_text(buffer.tobytes(), name, fingerprint, options, side)
    if kind == "parquet":
        return part_of_parquet(buffer.tobytes(), name, fingerprint, options, side)
    beside = (Path(name).with_suffix(suffix) for suffix in LABEL_SUFFIXES)
    table = Path(columns) if columns else next((path for path in beside if path.is_file()), None)
    if table is None:
        raise InputError(
            f"{name}: is a single numpy array, without identities and cameras: put a table "
            f"{Path(name).with_suffix('.csv').name} with the columns path, identity, camera, split "
            "beside it, or name one with --columns FILE"
        )
    return part_of_npy(buffer, name, fingerprint, table, options, side)


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
