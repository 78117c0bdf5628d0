"""Features as people hand them over: an `.npz` with features, identity, camera, split and path."""

from __future__ import annotations

import io
import zipfile
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from .errors import InputError
from .features import FeatureTable
from .paths import PathList

KEYS = ("features", "identity", "camera", "split", "path")
SPLITS = {"query": 0, "gallery": 1, "train": 2}
DEFLATE_LIMIT = 1032
"""Deflate packs at most this many bytes into one (zlib's manual): a larger claim is a lie."""


def is_npz(buffer: NDArray[np.uint8]) -> bool:
    """Whether the bytes start as a zip file does."""
    return bytes(buffer[:4]) == b"PK\x03\x04"


def table_from_npz(buffer: NDArray[np.uint8], name: str, fingerprint: str) -> FeatureTable:
    """The table in an `.npz`; object arrays (pickles) are refused.

    Numbering that starts at 0 is recognised by an identity 0 among the queries, where no
    distractor can stand: people are then counted from 1 (`settings.identity_shift`).
    """
    arrays = _arrays(buffer, name)
    identity = _integers(arrays["identity"], "identity", name)
    camera = _integers(arrays["camera"], "camera", name)
    split = _split(arrays["split"], name)
    shift = int(identity.shape == split.shape and bool(np.any((identity == 0) & (split == 0))))
    return FeatureTable(
        features=_float(arrays["features"], name),
        identity=np.where(identity >= 0, identity + shift, identity),
        camera=camera,
        split=split,
        path=_paths(arrays["path"], name),
        fingerprint=fingerprint,
        metadata={
            "model": {"fingerprint": None, "name": None},
            "data": {"fingerprint": None},
            "settings": {"converted_from": fingerprint, "identity_shift": shift},
        },
        name=name,
        notes=("a query has identity 0, so people count from 0 here: renumbered from 1",) * shift,
    )


def _arrays(buffer: NDArray[np.uint8], name: str) -> dict[str, NDArray[Any]]:
    try:
        with zipfile.ZipFile(io.BytesIO(buffer.data)) as archive:
            members = {info.filename: info for info in archive.infolist()}
            if any(member.endswith("/data.pkl") for member in members):
                raise InputError(
                    f"{name}: is a torch file, which holds a pickle and is never opened: "
                    "save the arrays with `numpy.savez`, and give that .npz"
                )
            missing = [key for key in KEYS if f"{key}.npy" not in members]
            if missing:
                raise InputError(
                    f"{name}: has no array {missing[0]!r}; an .npz needs {', '.join(KEYS)}, one row an image"
                )
            return {key: _array(archive, members[f"{key}.npy"], buffer.size, key, name) for key in KEYS}
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        raise InputError(f"{name}: is a damaged .npz ({error}): copy or save it again") from None


def _array(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, file_size: int, key: str, name: str
) -> NDArray[Any]:
    damaged = f"{name}: array {key!r} is damaged: copy or save the .npz again"
    with archive.open(info) as member:
        try:
            shape, fortran, dtype = _npy_header(member)
        except (ValueError, EOFError):
            raise InputError(damaged) from None
        if dtype.hasobject:
            raise InputError(
                f"{name}: array {key!r} holds Python objects (a pickle), which are never opened: "
                f"save it as {'text' if key in ('split', 'path') else 'numbers'}, e.g. with `.astype(...)`"
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


def _npy_header(member: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    version = npy.read_magic(member)
    if version == (1, 0):
        return npy.read_array_header_1_0(member)
    if version == (2, 0):
        return npy.read_array_header_2_0(member)
    raise ValueError(f"npy version {version}")


def _float(array: NDArray[Any], name: str) -> NDArray[Any]:
    if array.dtype.kind != "f":
        raise InputError(
            f"{name}: features are {array.dtype}, not floating point: save them with `.astype('float32')`"
        )
    wanted = np.float16 if array.dtype.itemsize == 2 else np.float32
    with np.errstate(over="ignore"):  # what overflows becomes infinity, which the table refuses
        return np.ascontiguousarray(array, wanted)


def _integers(array: NDArray[Any], key: str, name: str) -> NDArray[np.int64]:
    if array.dtype.kind not in "iu" or array.ndim != 1:
        raise InputError(
            f"{name}: {key} is {array.dtype} of shape {array.shape}, not whole numbers, one an image: "
            "save it with `.astype('int64')`"
        )
    return np.ascontiguousarray(array, np.int64)


def _text(array: NDArray[Any], key: str, name: str) -> list[str]:
    if array.dtype.kind not in "US" or array.ndim != 1:
        raise InputError(f"{name}: {key} is {array.dtype} of shape {array.shape}, not text, one an image")
    try:
        return [item.decode() if isinstance(item, bytes) else item for item in array.tolist()]
    except UnicodeDecodeError:
        raise InputError(f"{name}: {key} holds bytes that are not UTF-8: save it as text") from None


def _split(array: NDArray[Any], name: str) -> NDArray[np.uint8]:
    if array.dtype == np.uint8 and array.ndim == 1:
        return array
    words = _text(array, "split", name)
    for row, word in enumerate(words):
        if word not in SPLITS:
            raise InputError(f"{name}: split is {word!r} in row {row}: it must be query, gallery or train")
    return np.array([SPLITS[word] for word in words], np.uint8)


def _paths(array: NDArray[Any], name: str) -> PathList:
    try:
        return PathList.of(_text(array, "path", name))
    except UnicodeEncodeError:
        raise InputError(f"{name}: path holds text that UTF-8 cannot write: rename the file") from None
