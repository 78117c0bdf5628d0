"""What a file is, from its first bytes, so that a wrong file is called by its name."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError

Kind = Literal["safetensors", "npz", "npy", "mat", "hdf5", "parquet", "text"]

EXTRACT = "features come from `vtbr-models extract CHECKPOINT MANIFEST` or `vtbr-eval convert FILE.npz`"
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
