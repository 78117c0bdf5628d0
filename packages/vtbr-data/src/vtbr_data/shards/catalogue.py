"""`shards.json`: the shards of a set, what they hold, and their checksums."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

import msgspec

from ..errors import InputError

FILE_NAME = "shards.json"
MANIFEST_NAME = "manifest.jsonl"
INDEX_NAME = "index.npy"
FORMAT, VERSION = "vtbr.shards", 1

_PLAIN_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,100}")


class Shard(msgspec.Struct, frozen=True):
    """One tar file."""

    name: str
    samples: int
    bytes: int
    sha256: str


class Catalogue(msgspec.Struct, frozen=True, kw_only=True):
    """All of a packed set."""

    format: str
    version: int
    samples: int
    source: dict[str, Any]
    """Name and fingerprint of the manifest that was packed."""
    encoding: dict[str, Any]
    """How pictures were encoded anew; empty if their bytes are the files' own."""
    left_out: int
    """Rows of the source whose pictures could not be read."""
    files: dict[str, str]
    """SHA-256 of manifest and index by name."""
    shards: list[Shard]

    def to_bytes(self) -> bytes:
        """Return the bytes of the file."""
        return msgspec.json.format(msgspec.json.encode(self), indent=1) + b"\n"


def read_catalogue(data: bytes, name: str) -> Catalogue:
    """Return the catalogue in the bytes of a `shards.json`; raises `InputError` for anything else."""
    try:
        catalogue = msgspec.json.decode(data, type=Catalogue)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"{name} is not a list of shards ({error}): make one with vtbr-data pack") from error
    if catalogue.format != FORMAT:
        raise InputError(f"{name} is a {catalogue.format!r} file, not {FORMAT}")
    if catalogue.version > VERSION:
        raise InputError(f"{name} has version {catalogue.version}, this is for {VERSION}: update vtbr-data")
    for shard in catalogue.shards:
        # Names become files of a cache and words of a shell command.
        if not _PLAIN_NAME.fullmatch(shard.name) or shard.bytes < 0 or shard.samples < 0:
            raise InputError(f"{name} lists a shard {shard.name[:60]!r} of {shard.bytes} bytes: refused")
    if sum(shard.samples for shard in catalogue.shards) != catalogue.samples:
        raise InputError(f"{name} says {catalogue.samples} samples, its shards have another sum")
    return catalogue


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
