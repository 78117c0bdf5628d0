"""Lists what a tar file holds and where, without unpacking and without trusting its headers.

Headers are read and data is skipped, so an archive of gigabytes takes a moment. Nothing is written, and no
memory is set aside because a header asks for it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

BLOCK = 512
_LONGEST_NAME_BYTES = 1 << 16  # of a name in a header of its own (pax, GNU)
_REGULAR = b"0\0" + b"7"
_NAMES_NEXT = b"xL"
_SILENT = b"5gK"  # folders, global headers, long names of links
_KINDS = {
    b"1": "a hard link",
    b"2": "a symbolic link",
    b"3": "a device",
    b"4": "a device",
    b"6": "a named pipe",
    b"S": "a sparse file",
}
_PAX_RECORD = re.compile(rb"(\d{1,7}) ([^=\n]{1,100})=")

Say = Callable[[str], None]
"""Told what was skipped and why."""


@dataclass(frozen=True, slots=True)
class Member:
    """A file in an archive."""

    name: str
    offset: int
    """Of its first byte, from the start of the archive."""
    size: int


@dataclass(frozen=True, slots=True)
class _Header:
    name: bytes
    size: int
    kind: bytes


def tar_members(file: BinaryIO, num_bytes: int, say: Say) -> Iterator[Member]:
    """Yield the regular files of the archive `file`, which is `num_bytes` long.

    Links, devices and names that lead elsewhere (absolute, or with `..`) are skipped and said. Reading ends,
    with a message, at a header that is damaged or that claims more than there is.
    """
    position = 0
    override: dict[str, bytes] = {}
    while position + BLOCK <= num_bytes:
        file.seek(position)
        block = file.read(BLOCK)
        if not block.strip(b"\0"):
            return
        header = _parsed(block)
        if header is None:
            say(f"the header at byte {position} is damaged: what follows is left out")
            return
        size = header.size
        if header.kind not in _NAMES_NEXT and "size" in override:
            size = _number(override["size"])
        start = position + BLOCK
        if not 0 <= size <= num_bytes - start:
            say(f"the file at byte {position} claims {size} bytes, more than there are: cut off here")
            return
        position = start + -(-size // BLOCK) * BLOCK
        if header.kind in _NAMES_NEXT:
            override |= _long_name(file, start, size, header.kind)
            continue
        name = override.get("path", header.name)
        override = {}
        if header.kind in _SILENT:
            continue
        problem = _KINDS.get(header.kind, "no regular file") if header.kind not in _REGULAR else _unsafe(name)
        if problem:
            say(f"{_shown(name)} is {problem}: skipped")
        else:
            yield Member(name.decode(), start, size)


def _parsed(block: bytes) -> _Header | None:
    """Return the header in a block; None if its checksum or its size is wrong."""
    checksum = sum(block) - sum(block[148:156]) + 8 * ord(" ")
    size = _octal(block[124:136])
    if _octal(block[148:156]) != checksum or size < 0:
        return None
    name = block[:100].split(b"\0")[0]
    prefix = block[345:500].split(b"\0")[0] if block[257:263] == b"ustar\0" else b""
    return _Header(prefix + b"/" + name if prefix else name, size, block[156:157])


def _octal(field: bytes) -> int:
    if field[0] == 0x80:  # GNU: a large number in binary
        return int.from_bytes(field[1:], "big")
    digits = field.strip(b" \0")
    return int(digits, 8) if digits and not digits.strip(b"01234567") else -1


def _number(digits: bytes) -> int:
    return int(digits) if digits.isdigit() and len(digits) < 20 else -1


def _long_name(file: BinaryIO, start: int, size: int, kind: bytes) -> dict[str, bytes]:
    """Return what a header of a long name states about the file that follows."""
    if size > _LONGEST_NAME_BYTES:
        return {"path": b"\0"}  # which no file may be called
    file.seek(start)
    data = file.read(size)
    if kind == b"L":
        return {"path": data.rstrip(b"\0")}
    found: dict[str, bytes] = {}
    position = 0
    while record := _PAX_RECORD.match(data, position):
        end = position + int(record[1])
        if end <= record.end():
            break
        found[record[2].decode(errors="replace")] = data[record.end() : end].removesuffix(b"\n")
        position = end
    return {key: found[key] for key in ("path", "size") if key in found}


def _unsafe(name: bytes) -> str:
    """Return why a name cannot be used; empty if it can."""
    try:
        text = name.decode()
    except UnicodeDecodeError:
        return "no UTF-8 name"
    if not text or "\0" in text or "\\" in text:
        return "no name of a file"
    if text.startswith("/") or text[1:2] == ":":
        return "an absolute path"
    return "a path that leads out of the archive" if ".." in text.split("/") else ""


def _shown(name: bytes) -> str:
    text = name[:60].decode(errors="replace")
    return repr(text)
