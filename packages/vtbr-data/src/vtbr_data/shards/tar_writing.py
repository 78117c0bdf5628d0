"""Tar files with the same bytes for the same contents."""

from __future__ import annotations

import hashlib
import tarfile
from typing import BinaryIO

from .tar_index import BLOCK, Member

END_BYTES = 2 * BLOCK
"""Of zeros, that close an archive."""


class TarWriter:
    """Appends files to an archive (ustar) without times, owners and rights of any machine."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._digest = hashlib.sha256()
        self.num_bytes = 0

    def add(self, name: str, data: bytes) -> Member:
        """Append a file and say where it lies. `name` has at most 100 bytes."""
        header = tarfile.TarInfo(name)
        header.size = len(data)
        self._write(header.tobuf(tarfile.USTAR_FORMAT))
        member = Member(name, self.num_bytes, len(data))
        self._write(data)
        self._write(bytes(-len(data) % BLOCK))
        return member

    def close(self) -> str:
        """End the archive and give the SHA-256 of it, in hexadecimal. The file stays open."""
        self._write(bytes(END_BYTES))
        return self._digest.hexdigest()

    def _write(self, data: bytes) -> None:
        self._file.write(data)
        self._digest.update(data)
        self.num_bytes += len(data)


def size_in_tar(*sizes: int) -> int:
    """Return the number of bytes that files of these sizes take in an archive, headers included."""
    return sum(BLOCK + -(-size // BLOCK) * BLOCK for size in sizes)
