"""Where data goes: a file that appears complete or not at all, or stdout."""

from __future__ import annotations

import gzip
import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

from .manifest import encode_row


@contextmanager
def open_output(path: str) -> Iterator[BinaryIO]:
    """Yield binary output to `path`, compressed where it ends in `.gz`; `-` is stdout."""
    if path == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    with replacing(path) as file:
        if path.endswith(".gz"):
            # Without name and time, so that the same text gives the same bytes.
            with gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as compressed:
                yield cast("BinaryIO", compressed)
        else:
            yield file


def write_lines(path: str, lines: Iterable[Mapping[str, Any]]) -> int:
    """Write JSON Lines to `path` as `open_output` does; return how many."""
    return _write(path, ((json.dumps(line, ensure_ascii=False) + "\n").encode() for line in lines))


def write_manifest(path: str, lines: Iterable[Mapping[str, Any]]) -> int:
    """Write a manifest to `path` as `open_output` does, each line's known keys first; return how many."""
    return _write(path, map(encode_row, lines))


def _write(path: str, lines: Iterable[bytes]) -> int:
    count = 0
    with open_output(path) as file:
        for line in lines:
            file.write(line)
            count += 1
    return count


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Open `path.partial` for writing and rename it to `path` at the end; a failure leaves nothing behind.

    A device or a named pipe is written to as it is, and a symbolic link stays one.
    """
    target = Path(path).resolve()
    try:
        if target.exists() and not target.is_file():
            with target.open("wb") as file:
                yield file
        else:
            with _renamed_when_complete(target) as file:
                yield file
    except OSError as error:
        if error.filename is None:  # a full disk, say
            error.filename = str(path)
        raise


@contextmanager
def _renamed_when_complete(target: Path) -> Iterator[BinaryIO]:
    partial = target.with_name(f"{target.name}.partial")
    try:
        with partial.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        partial.replace(target)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
