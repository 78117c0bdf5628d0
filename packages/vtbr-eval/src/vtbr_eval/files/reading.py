"""Reads features from any file, pipe or folder: finds out what it is and calls the reader of its format."""

from __future__ import annotations

import hashlib
import os
import stat
import sys
from pathlib import Path
from typing import BinaryIO, Literal

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..features import BLOCK_BYTES, GALLERY, FeatureTable
from ..progress import Progress
from ..tables import TableOptions
from .arrays import Part, joined, parts_from_arrays
from .features_file import EXTRACT, table_from_safetensors
from .folder import read_folder
from .hdf5 import arrays_from_hdf5
from .labelled import part_of_npy, part_of_parquet, part_of_wide_text
from .mat import arrays_from_mat
from .npz import arrays_from_npz

LABEL_SUFFIXES = (".csv", ".tsv", ".txt", ".parquet", ".jsonl", ".csv.gz", ".tsv.gz")
"""Of the table beside an `.npy`."""
Kind = Literal["safetensors", "npz", "npy", "mat", "hdf5", "parquet", "text"]
_ARRAYS = {"npz": arrays_from_npz, "mat": arrays_from_mat, "hdf5": arrays_from_hdf5}

_NPZ = "save features, identity, camera, split and path together with `numpy.savez`, and give that .npz"

_READ: list[tuple[bytes, Kind]] = [
    (b"PK\x03\x04", "npz"),
    (b"\x93NUMPY", "npy"),
    (b"MATLAB 5.0", "mat"),
    (b"MATLAB 7.3", "hdf5"),
    (b"\x89HDF\r\n\x1a\n", "hdf5"),
    (b"PAR1", "parquet"),
]
_REFUSED: list[tuple[bytes, str, str]] = [
    (b"\x1f\x8b", "a gzip file", "unpack it first with `gunzip`"),
    (b"PK\x05\x06", "an empty zip file", EXTRACT),
]
_PICKLE_VERSIONS = range(2, 6)


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


def kind_of(buffer: NDArray[np.uint8], name: str) -> Kind:
    """Returns which reader knows these bytes; raises `InputError` for what none knows, saying what it is."""
    start = bytes(buffer[:512])
    if not start:
        raise InputError(
            f"{name}: is empty (0 bytes): did the command that should have written it fail? {EXTRACT}"
        )
    if _looks_like_safetensors(start):
        return "safetensors"
    for known, reader in _READ:
        if start.startswith(known):
            return reader
    for prefix, kind, remedy in _REFUSED:
        if start.startswith(prefix):
            raise InputError(f"{name}: is {kind}, not a features file: {remedy}")
    if len(start) > 1 and start[0] == 0x80 and start[1] in _PICKLE_VERSIONS:
        raise InputError(f"{name}: is a Python pickle, which could run code and is never opened: {_NPZ}")
    if _is_text(start):
        return "text"
    if len(start) >= 16:
        raise InputError(f"{name}: is not a safetensors file: {EXTRACT}")
    return "safetensors"


def _looks_like_safetensors(start: bytes) -> bool:
    # Eight bytes of a length below 4 GiB, then the brace of the JSON header.
    return start[4:9] == b"\0\0\0\0{"


def _is_text(start: bytes) -> bool:
    try:
        text = start.decode()
    except UnicodeDecodeError as error:
        if error.start < len(start) - 3:  # not just a letter cut off at the end
            return False
        text = start[: error.start].decode()
    return all(letter.isprintable() or letter in "\r\n\t\ufeff" for letter in text)


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
