"""The safetensors container: read without trusting a single number of its header.

Layout: 8 bytes of header length (little-endian), a JSON header padded with spaces, the data
(https://github.com/huggingface/safetensors). Every size is held against the bytes that are
really there before anything is made from it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, TypeGuard

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError

DTYPES = {"F32": "<f4", "F16": "<f2", "I64": "<i8", "U8": "|u1"}
ALIGNMENT = 8
TORN = "the file was cut short or damaged on its way: copy or extract it again"


def parse(buffer: NDArray[np.uint8], name: str) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Returns views of the tensors in `buffer` and the metadata under its `vtbr` key.

    Tensors of types that vtbr does not use are skipped. `name` is used in error messages.
    Raises `InputError` when the bytes are not what the header says.
    """
    header, start = _header(buffer, name)
    data = buffer[start:]
    metadata = _metadata(header.pop("__metadata__", None), name)
    extents = {tensor: _extent(tensor, entry, name) for tensor, entry in header.items()}
    promised = max((end for _, end in extents.values()), default=0)
    if promised != data.size:
        what = f"holds {data.size:,} bytes of data where its header promises {promised:,}"
        raise InputError(f"{name}: {what}: {TORN}")
    tensors = {}
    for tensor, (begin, end) in extents.items():
        dtype, shape = header[tensor]["dtype"], header[tensor]["shape"]
        if dtype in DTYPES:
            tensors[tensor] = data[begin:end].view(DTYPES[dtype]).reshape(shape)
    return tensors, metadata


def header_bytes(tensors: Mapping[str, tuple[str, tuple[int, ...]]], metadata: Mapping[str, object]) -> bytes:
    """Returns the length and the header of a file whose tensors (dtype, shape) follow in the order given.

    The bytes are those of the safetensors library when the order is its own: widest element
    first, then by name.
    """
    text = json.dumps(metadata, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    header: dict[str, object] = {"__metadata__": {"vtbr": text}}
    begin = 0
    for name, (dtype, shape) in tensors.items():
        end = begin + math.prod(shape) * np.dtype(DTYPES[dtype]).itemsize
        header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [begin, end]}
        begin = end
    raw = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    raw += b" " * (-len(raw) % ALIGNMENT)
    return len(raw).to_bytes(8, "little") + raw


def _header(buffer: NDArray[np.uint8], name: str) -> tuple[dict[str, Any], int]:
    if buffer.size < 8:
        raise InputError(f"{name}: holds {buffer.size} bytes, too few for a features file: {TORN}")
    length = int.from_bytes(bytes(buffer[:8]), "little")
    if length > buffer.size - 8:
        what = f"promises a header of {length:,} bytes but holds {buffer.size:,}"
        raise InputError(f"{name}: {what}: {TORN}")
    try:
        header = json.loads(bytes(buffer[8 : 8 + length]))
    except (ValueError, RecursionError):
        raise InputError(f"{name}: its header is not JSON: {TORN}") from None
    if not isinstance(header, dict):
        raise InputError(f"{name}: its header is not a JSON object: {TORN}")
    return header, 8 + length


def _metadata(entry: object, name: str) -> dict[str, Any]:
    text = entry.get("vtbr") if isinstance(entry, dict) else None
    if not isinstance(text, str):
        raise InputError(
            f"{name}: is safetensors, but not vtbr's: it has no metadata key 'vtbr'; "
            "make a features file with `vtbr-models extract` or `vtbr-eval convert`"
        )
    try:
        metadata = json.loads(text)
    except (ValueError, RecursionError):
        metadata = None
    if not isinstance(metadata, dict):
        raise InputError(f"{name}: its metadata key 'vtbr' is not a JSON object: {TORN}")
    return metadata


def _extent(tensor: str, entry: object, name: str) -> tuple[int, int]:
    """Returns where a tensor lies; raises unless its shape, type and offsets agree."""
    fields = entry if isinstance(entry, dict) else {}
    dtype, shape, offsets = fields.get("dtype"), fields.get("shape"), fields.get("data_offsets")
    if not (isinstance(dtype, str) and _are_sizes(shape) and _are_sizes(offsets) and len(offsets) == 2):
        raise InputError(f"{name}: its header describes tensor {tensor!r} in an unknown way: {TORN}")
    begin, end = offsets
    if begin > end:
        raise InputError(f"{name}: tensor {tensor!r} ends before it begins: {TORN}")
    if dtype in DTYPES and math.prod(shape) * np.dtype(DTYPES[dtype]).itemsize != end - begin:
        what = f"tensor {tensor!r} of shape {shape} has {end - begin:,} bytes, which do not fit"
        raise InputError(f"{name}: {what}: {TORN}")
    return begin, end


def _are_sizes(value: object) -> TypeGuard[list[int]]:
    return isinstance(value, list) and all(type(item) is int and item >= 0 for item in value)
