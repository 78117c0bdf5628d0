"""Features in an `.npz`."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from ..errors import InputError
from ..features import FeatureTable
from .array_columns import SPLITS
from .layout import Layout
from .writing import replacing

DEFLATE_LIMIT = 1032
"""Deflate packs at most this many bytes into one (zlib's manual): a larger claim is a lie."""


def arrays_from_npz(buffer: NDArray[np.uint8], name: str) -> tuple[dict[str, NDArray[Any]], Layout]:
    """Returns the arrays of an `.npz` that make a table; object arrays (pickles) are refused."""
    try:
        with zipfile.ZipFile(io.BytesIO(buffer.data)) as archive:
            members = {info.filename: info for info in archive.infolist()}
            if any(member.endswith("/data.pkl") for member in members):
                raise InputError(
                    f"{name}: is a torch file, which holds a pickle and is never opened: "
                    "save the arrays with `numpy.savez`, and give that .npz"
                )
            names = [member.removesuffix(".npy") for member in members if member.endswith(".npy")]
            layout = Layout.of(names, name, "an .npz")
            arrays = {
                key: _array(archive, members[f"{key}.npy"], buffer.size, key, name) for key in layout.names
            }
            return arrays, layout
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        raise InputError(f"{name}: is a damaged .npz ({error}): copy or save it again") from None


def write_npz(table: FeatureTable, target: str | Path) -> None:
    """Writes `table` as an `.npz` of features, identity, camera, split and path; the last two are text."""
    split = np.array(list(SPLITS), str)[table.split]
    path = np.array(list(table.path), str)
    with replacing(Path(target)) as file:
        arrays: dict[str, Any] = {
            "features": table.features,
            "identity": table.identity,
            "camera": table.camera,
        }
        np.savez(file, **arrays, split=split, path=path)


def _array(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, file_size: int, key: str, name: str
) -> NDArray[Any]:
    damaged = f"{name}: array {key!r} is damaged: copy or save the .npz again"
    with archive.open(info) as member:
        try:
            shape, fortran, dtype = npy_header(member)
        except (ValueError, EOFError):
            raise InputError(damaged) from None
        if dtype.hasobject:
            raise InputError(
                f"{name}: array {key!r} holds Python objects (a pickle), which are never opened: "
                f"save it as numbers or text, e.g. with `.astype(...)`"
            )
        # Python integers: a shape that lies cannot overflow, and nothing is allocated on its word.
        size = dtype.itemsize
        for length in shape:
            size *= length
        if size != info.file_size - member.tell() or info.file_size > file_size * DEFLATE_LIMIT:
            raise InputError(damaged)
        raw = member.read()
        if len(raw) != size:
            raise InputError(damaged)
    flat = np.frombuffer(raw, dtype) if raw else np.empty(0, dtype)
    return flat.reshape(shape, order="F" if fortran else "C")


def npy_header(member: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Returns shape, Fortran order and type that an `.npy` claims; raises `ValueError` or `EOFError`."""
    version = npy.read_magic(member)
    if version == (1, 0):
        return npy.read_array_header_1_0(member)
    if version == (2, 0):
        return npy.read_array_header_2_0(member)
    raise ValueError(f"npy version {version}")
