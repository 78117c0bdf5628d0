"""Feature files: one row an image, with who, where and which side of the test it is on.

N images, D width of a feature.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import InputError
from .files import safetensors_file
from .files.magic import kind_of
from .files.paths import PathList
from .files.writing import replacing

FORMAT, VERSION = "vtbr.features", 1
QUERY, GALLERY, TRAIN = 0, 1, 2
BLOCK_BYTES = 32 * 2**20
"""Features are looked through in blocks of this size, so that a mapped file stays on disk."""

Feature = np.float32 | np.float16


@dataclass(frozen=True, kw_only=True, eq=False)
class FeatureTable:
    """Features (N, D) and what is known of each image; a table that exists is valid.

    Raises `InputError` for lengths that differ, numbers out of range, NaN and infinity. Identity
    -1 is junk, 0 a distractor; camera -1 is unknown; split is 0 query, 1 gallery, 2 train.
    """

    features: NDArray[Any]
    identity: NDArray[np.int64]
    camera: NDArray[np.int64]
    split: NDArray[np.uint8]
    path: PathList
    fingerprint: str = ""
    """SHA-256 of the file that the table was read from."""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    name: str = "features"
    """The file's name, for messages and for `input` in scores."""
    notes: tuple[str, ...] = ()
    """What reading changed, for people."""

    def __post_init__(self) -> None:
        _check_shapes(self)
        _check_numbers(self)
        _check_finite(self)

    def __len__(self) -> int:
        return len(self.identity)

    @classmethod
    def of(
        cls,
        features: ArrayLike,
        *,
        identity: ArrayLike,
        camera: ArrayLike,
        split: ArrayLike,
        path: Iterable[str] | None = None,
    ) -> FeatureTable:
        """A table from arrays or lists; without paths, images are called by their row.

        >>> len(FeatureTable.of([[1, 0], [0, 1]], identity=[1, 1], camera=[1, 2], split=[0, 1]))
        2
        """
        rows = np.asarray(features)
        return cls(
            features=rows if rows.dtype == np.float16 else rows.astype(np.float32),
            identity=np.asarray(identity, np.int64),
            camera=np.asarray(camera, np.int64),
            split=np.asarray(split, np.uint8),
            path=PathList.of(map(str, range(len(rows))) if path is None else path),
        )


def read_features(
    source: str | Path | BinaryIO,
    columns: str | Path | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> FeatureTable:
    """Read a `vtbr.features` file; `-` is standard input, files are memory-mapped.

    Also read are `.npz`, `.npy` with the CSV table `columns` (default: the neighbour of the same
    name), layumi's `.mat`, HDF5 (extra), and a folder of such files (docs/formats.md). Raises
    `InputError` for anything else, saying what it is, and for a gallery image that stands there
    twice. Nothing is ever unpickled.
    """
    from .files.repeats import refuse_repeats

    table = _read(source, columns, progress)
    refuse_repeats(table)
    return table


def write_features(table: FeatureTable, target: str | Path | BinaryIO) -> None:
    """Write `table` as `vtbr.features`; a file appears under its name only when it is complete."""
    if isinstance(target, (str, Path)):
        with replacing(Path(target)) as file:
            _write(table, file)
    else:
        _write(table, target)


def blocks(features: NDArray[Any]) -> Iterator[slice]:
    """Slices of rows that together cover `features`, each about `BLOCK_BYTES` large."""
    rows = max(1, BLOCK_BYTES // max(1, features.shape[1] * features.itemsize))
    for start in range(0, len(features), rows):
        yield slice(start, min(start + rows, len(features)))


def _read(
    source: str | Path | BinaryIO,
    columns: str | Path | None,
    progress: Callable[[str, int, int], None] | None,
) -> FeatureTable:
    if isinstance(source, (str, Path)) and str(source) and Path(source).is_dir():
        from .files.shards import read_shards

        return read_shards(Path(source))
    buffer, name = _bytes_of(source)
    kind = kind_of(buffer, name)
    fingerprint = _fingerprint(buffer, progress)
    if kind != "safetensors":
        from .files.foreign import read_foreign

        return read_foreign(kind, buffer, name, fingerprint, columns)
    tensors, metadata = safetensors_file.parse(buffer, name)
    _check_format(metadata, name)
    _check_tensors(tensors, name)
    try:
        path = PathList(tensors["path"], tensors["path_offset"])
    except ValueError as error:
        raise InputError(f"{name}: its paths are damaged ({error}): extract the features again") from None
    return FeatureTable(
        features=tensors["features"],
        identity=tensors["identity"],
        camera=tensors["camera"],
        split=tensors["split"],
        path=path,
        fingerprint=fingerprint,
        metadata=metadata,
        name=name,
    )


def _bytes_of(source: str | Path | BinaryIO) -> tuple[NDArray[np.uint8], str]:
    if not isinstance(source, (str, Path)):
        return np.frombuffer(source.read(), np.uint8), str(getattr(source, "name", "the stream"))
    if str(source) == "-":
        import sys

        return np.frombuffer(sys.stdin.buffer.read(), np.uint8), "standard input"
    with open(source, "rb") as file:  # noqa: PTH123 - "" must fail, Path("") is the folder
        status = os.fstat(file.fileno())
        if stat.S_ISREG(status.st_mode) and status.st_size:
            return np.memmap(file, np.uint8, "r"), str(source)
        return np.frombuffer(file.read(), np.uint8), str(source)


def _fingerprint(buffer: NDArray[np.uint8], progress: Callable[[str, int, int], None] | None) -> str:
    digest = hashlib.sha256()
    for start in range(0, len(buffer), BLOCK_BYTES):
        digest.update(buffer[start : start + BLOCK_BYTES].data)
        if progress:
            progress("reading", start, len(buffer))
    return digest.hexdigest()


def _check_format(metadata: Mapping[str, Any], name: str) -> None:
    if metadata.get("format") != FORMAT:
        raise InputError(
            f"{name}: holds {metadata.get('format')!r}, not {FORMAT}; "
            "features come from `vtbr-models extract CHECKPOINT MANIFEST`"
        )
    version = metadata.get("version")
    if type(version) is not int or version < 1:
        raise InputError(f"{name}: its version is {version!r}, not a number: extract the features again")
    if version > VERSION:
        raise InputError(
            f"{name}: is {FORMAT} version {version}, this program reads up to {VERSION}: "
            "type `pip install --upgrade vtbr-eval`"
        )


def _check_tensors(tensors: Mapping[str, NDArray[Any]], name: str) -> None:
    wanted = {
        "features": ("float32 or float16", 2), "identity": ("int64", 1), "camera": ("int64", 1),
        "split": ("uint8", 1), "path": ("uint8", 1), "path_offset": ("int64", 1),
    }  # fmt: skip
    for key, (dtype, dimensions) in wanted.items():
        if key not in tensors:
            raise InputError(
                f"{name}: has no tensor {key!r} of type {dtype}: extract the features again, "
                "or see docs/formats.md"
            )
        tensor = tensors[key]
        if str(tensor.dtype) not in dtype.split(" or ") or tensor.ndim != dimensions:
            raise InputError(
                f"{name}: tensor {key!r} is {tensor.dtype} of shape {tensor.shape}, "
                f"not {dtype} with {dimensions} dimension{'s' * (dimensions > 1)}: extract the features again"
            )
    if len(tensors["path_offset"]) < 1:
        raise InputError(f"{name}: tensor 'path_offset' is empty: extract the features again")


def _check_shapes(table: FeatureTable) -> None:
    name, features = table.name, table.features
    if features.ndim != 2 or features.dtype not in (np.float32, np.float16):
        raise InputError(
            f"{name}: features are {features.dtype} of shape {features.shape}, "
            "not float32 or float16 of shape (images, width)"
        )
    if 0 in features.shape:
        raise InputError(f"{name}: features of shape {features.shape} hold nothing: is the manifest empty?")
    for key in ("identity", "camera", "split", "path"):
        if len(getattr(table, key)) != len(features):
            raise InputError(
                f"{name}: {len(features):,} features but {len(getattr(table, key)):,} of {key!r}: "
                "every image needs one of each"
            )


def _check_numbers(table: FeatureTable) -> None:
    limits = {"identity": (-1, None), "camera": (-1, None), "split": (0, 2)}
    meaning = {
        "identity": "-1 is junk, 0 a distractor, people count from 1",
        "camera": "-1 is unknown",
        "split": "0 is query, 1 gallery, 2 train",
    }
    for key, (low, high) in limits.items():
        column = getattr(table, key)
        wrong = np.flatnonzero((column < low) | (column > high) if high is not None else column < low)
        if wrong.size:
            row = int(wrong[0])
            raise InputError(
                f"{table.name}: {key} is {column[row]} in row {row} ({table.path[row]}): {meaning[key]}"
            )


def _check_finite(table: FeatureTable) -> None:
    for block in blocks(table.features):
        finite = np.isfinite(table.features[block]).all(axis=1)
        if not finite.all():
            row = block.start + int(np.flatnonzero(~finite)[0])
            what = "NaN" if np.isnan(table.features[row]).any() else "infinity"
            raise InputError(
                f"{table.name}: the feature in row {row} ({table.path[row]}) holds {what}: "
                "look at that image and at the model, then extract the features again"
            )


def _write(table: FeatureTable, file: BinaryIO) -> None:
    count, width = table.features.shape
    dtype = "F16" if table.features.dtype == np.float16 else "F32"
    metadata = {**table.metadata, "format": FORMAT, "version": VERSION}
    tensors: dict[str, tuple[str, tuple[int, ...]]] = {
        "camera": ("I64", (count,)),
        "identity": ("I64", (count,)),
        "path_offset": ("I64", (count + 1,)),
        "features": (dtype, (count, width)),
        "path": ("U8", (table.path.text.size,)),
        "split": ("U8", (count,)),
    }
    file.write(safetensors_file.header_bytes(tensors, metadata))
    for integers in (table.camera, table.identity, table.path.offset):
        file.write(np.ascontiguousarray(integers, "<i8").data)
    for block in blocks(table.features):
        file.write(np.ascontiguousarray(table.features[block]).data)
    file.write(np.ascontiguousarray(table.path.text).data)
    file.write(np.ascontiguousarray(table.split, np.uint8).data)
