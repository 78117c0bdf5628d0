"""Safetensors headers with our one metadata key, read and written without torch.

Writing them here is what lets a file be streamed: the header comes first and the rows follow as
they are made. `docs/formats.md` says what the headers hold; the layout is the library's own, to the
byte.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, cast

from ..errors import InputError

# In the order in which the library lays tensors out: its enumeration of types, widest first.
_ITEM_BYTES = {
    "U64": 8, "I64": 8, "F64": 8, "F32": 4, "U32": 4, "I32": 4, "BF16": 2, "F16": 2, "U16": 2, "I16": 2,
    "I8": 1, "U8": 1, "BOOL": 1,
}  # fmt: skip
_RANK = {dtype: rank for rank, dtype in enumerate(_ITEM_BYTES)}
_MAX_HEADER_BYTES = 100_000_000  # the library's own limit
_NETWORKS = (".onnx", ".xml", ".pt2")  # what `vtbr-models export` writes beside weights


class TensorSpec(NamedTuple):
    """A tensor's type, in safetensors' spelling (`F32`, `I64`, ...), and its shape."""

    dtype: str
    shape: tuple[int, ...]

    @property
    def num_elements(self) -> int:
        """How many numbers it holds."""
        return math.prod(self.shape)

    @property
    def num_bytes(self) -> int:
        """Size of the data."""
        return self.num_elements * _ITEM_BYTES[self.dtype]


@dataclass(frozen=True, kw_only=True, slots=True)
class Header:
    """The part of the file before the data."""

    tensors: Mapping[str, TensorSpec]
    """In file order."""
    metadata: Mapping[str, Any] | None
    """What the key `vtbr` holds; None in a file of somebody else."""
    num_bytes: int
    """The data starts here."""


def file_order(tensors: Mapping[str, TensorSpec]) -> list[str]:
    """Return names in the order in which the safetensors library writes them.

    >>> file_order({"b": TensorSpec("F32", (1,)), "a": TensorSpec("F32", (1,)), "z": TensorSpec("I64", ())})
    ['z', 'a', 'b']
    """
    return sorted(tensors, key=lambda name: (_RANK[tensors[name].dtype], name))


def encode_header(tensors: Mapping[str, TensorSpec], metadata: Mapping[str, Any]) -> bytes:
    """Return the header, its length included, for data in `file_order`."""
    entries: dict[str, object] = {"__metadata__": {"vtbr": _json(metadata, sort_keys=True)}}
    start = 0
    for name in file_order(tensors):
        dtype, shape = tensors[name]
        end = start + tensors[name].num_bytes
        entries[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [start, end]}
        start = end
    text = _json(entries).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text


def read_header(path: str | os.PathLike[str]) -> Header:
    """Return the header of a safetensors file.

    Raises InputError for what is no complete safetensors file, a pickle above all.
    """
    with Path(path).open("rb") as file:
        return _read_header(file, str(path))


def check_format(header: Header, path: str | os.PathLike[str], name: str, version: int) -> Mapping[str, Any]:
    """Return the metadata of a file of ours; raises InputError unless its format is `name`, at most
    `version`.
    """
    metadata = header.metadata
    if metadata is None:
        raise InputError(f"{path} is a safetensors file without vtbr metadata: a {name} file is needed here")
    if metadata.get("format") != name:
        raise InputError(f"{path} is a {metadata.get('format')} file: a {name} file is needed here")
    found = metadata.get("version")
    if not isinstance(found, int) or found < 1:
        raise InputError(f"{path}: its metadata gives the version {found!r}, not a number: write it again")
    if found > version:
        raise InputError(
            f"{path} has version {found} of {name}, this program reads up to {version}: "
            "`pip install --upgrade vtbr-models`"
        )
    verify_metadata(path, header)
    return metadata


def metadata_digest(metadata: Mapping[str, Any]) -> str:
    """Return the SHA-256 of metadata as JSON with sorted keys, without their own digest."""
    others = {key: value for key, value in metadata.items() if key != "metadata_sha256"}
    return hashlib.sha256(_json(others, sort_keys=True).encode()).hexdigest()


def verify_metadata(path: str | os.PathLike[str], header: Header) -> None:
    """Raise InputError where the metadata are not those that were written; older files have no digest."""
    metadata = header.metadata or {}
    if "metadata_sha256" in metadata and metadata["metadata_sha256"] != metadata_digest(metadata):
        raise InputError(
            f"{path}: its metadata were changed after it was written (their SHA-256 differs): "
            "copy or download it again"
        )


def verify(path: str | os.PathLike[str], header: Header) -> None:
    """Raise InputError unless data and metadata of a file of ours have the SHA-256 that its metadata state."""
    if header.metadata is None:
        return
    verify_metadata(path, header)
    with Path(path).open("rb") as file:
        file.seek(header.num_bytes)
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != header.metadata.get("sha256"):
        raise InputError(f"{path} is damaged (its SHA-256 differs): copy or download it again")


def _read_header(file: BinaryIO, path: str) -> Header:
    size = os.fstat(file.fileno()).st_size
    start = file.read(8)
    has_json = file.read(1) == b"{"  # a header of 128 bytes begins as a pickle does: the brace tells
    file.seek(len(start))
    if not has_json and (start[:4] == b"PK\x03\x04" or start[:1] == b"\x80"):
        raise InputError(
            f"{path} is a PyTorch pickle, which can run code when it is opened: "
            "convert it by `vtbr-models convert`, or save its state dict with safetensors.torch.save_file"
        )
    length = int.from_bytes(start, "little")
    text = file.read(length) if len(start) == 8 and length <= _MAX_HEADER_BYTES else b""
    if len(text) < max(1, length) and not text.startswith(b"{"):
        advice = "give a checkpoint that vtbr-train wrote"
        if path.endswith(_NETWORKS):
            advice = "an exported network runs in its own runtime; " + advice
        raise InputError(f"{path} is not a safetensors file: {advice}")
    if len(text) < length:
        raise InputError(f"{path} is cut off within its header: copy or download it again")
    try:
        entries = json.loads(text)
        vtbr = entries.pop("__metadata__", {}).get("vtbr")
        metadata = None if vtbr is None else dict(json.loads(vtbr))
        tensors, data_bytes = _tensors(entries)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError(
            f"{path}: the safetensors header cannot be read ({error}): copy or write it again"
        ) from error
    expected = 8 + length + data_bytes
    if size != expected:
        what = "is cut off" if size < expected else "has more bytes after its data"
        raise InputError(
            f"{path} {what}: {size} bytes where the header says {expected}: copy or download it again"
        )
    return Header(tensors=tensors, metadata=metadata, num_bytes=8 + length)


def _tensors(entries: dict[str, Any]) -> tuple[dict[str, TensorSpec], int]:
    end = 0
    tensors = {}
    for name, entry in sorted(entries.items(), key=lambda item: cast("list[int]", item[1]["data_offsets"])):
        spec = TensorSpec(entry["dtype"], tuple(entry["shape"]))
        first, last = entry["data_offsets"]
        if (first, last) != (end, end + spec.num_bytes):
            raise ValueError(f"{name} does not follow the tensor before it")
        tensors[name] = spec
        end = last
    return tensors, end


def _json(value: object, *, sort_keys: bool = False) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=sort_keys, allow_nan=False)
