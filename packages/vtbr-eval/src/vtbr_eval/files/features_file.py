"""The project's own features file, `vtbr.features` (docs/formats.md).

N images, D width of a feature.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..features import FeatureTable, PathList, blocks
from . import safetensors_file
from .writing import replacing

FORMAT, VERSION = "vtbr.features", 1
EXTRACT = "features come from `vtbr-models extract CHECKPOINT MANIFEST` or `vtbr-eval convert FILE.npz`"


def table_from_safetensors(buffer: NDArray[np.uint8], name: str, fingerprint: str) -> FeatureTable:
    """Returns the table whose arrays are views of `buffer`, the bytes of a features file.

    Raises `InputError` for another format, a newer version, and missing or wrong tensors.
    """
    tensors, metadata = safetensors_file.parse(buffer, name)
    _check_format(metadata, name)
    _check_tensors(tensors, name)
    try:
        path = PathList(tensors["path"], tensors["path_offset"])
    except ValueError as error:
        raise InputError(f"{name}: its paths are damaged ({error}): extract the features again") from None
    # As plain arrays of the same memory: indexing a memmap costs microseconds each time.
    about: dict[str, Any] = {key: np.asarray(tensors[key]) for key in ("identity", "camera", "split")}
    about |= {"fingerprint": fingerprint, "metadata": metadata, "name": name}
    return FeatureTable(features=tensors["features"], path=path, **about)


def write_features(table: FeatureTable, target: str | Path | BinaryIO) -> None:
    """Writes `table` as `vtbr.features`; a file appears under its name only when it is complete."""
    if isinstance(target, (str, Path)):
        with replacing(Path(target)) as file:
            _write(table, file)
    else:
        _write(table, target)


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
