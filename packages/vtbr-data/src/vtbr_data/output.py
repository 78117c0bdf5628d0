"""Where data goes: files that appear only when they are complete, and the folder for caches."""

from __future__ import annotations

import gzip
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast


def say_on_stderr(message: str) -> None:
    """Print a message for people."""
    print(message, file=sys.stderr, flush=True)


@contextmanager
def open_output(target: Path | str | BinaryIO) -> Iterator[BinaryIO]:
    """Open `target` for writing bytes: a path, `-` for stdout, or a binary stream.

    A path is written as `NAME.partial` beside it and renamed at the end; if anything goes wrong, Ctrl-C
    included, the partial file is removed and an existing file is kept. A name ending in `.gz` is
    compressed, without a time in its header, so that the same input gives the same bytes.
    """
    if not isinstance(target, (str, Path)):
        yield target
        target.flush()
    elif str(target) == "-":
        stream = sys.stdout.buffer
        yield stream
        stream.flush()
    elif Path(target).exists() and not Path(target).is_file():
        # A device or a named pipe is written to, never replaced by a file.
        with named(Path(target)), Path(target).open("wb") as file:
            yield file
    else:
        with named(Path(target)), _renamed_when_complete(Path(target)) as file:
            yield file


@contextmanager
def named(target: Path) -> Iterator[None]:
    """Name the file in the error of a full disk, which names none."""
    try:
        yield
    except OSError as error:
        if error.filename is None:  # a full disk names no file
            error.filename = str(target)
        raise


@contextmanager
def _renamed_when_complete(target: Path) -> Iterator[BinaryIO]:
    # A symbolic link stays one: the file it points to is replaced.
    target = target.resolve()
    partial = target.with_name(target.name + ".partial")
    try:
        with partial.open("wb") as file:
            if target.suffix == ".gz":
                with gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0, compresslevel=6) as zipped:
                    yield cast(BinaryIO, zipped)
            else:
                yield file
        partial.replace(target)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def cache_folder() -> Path:
    """Return the folder for what can be made again: VTBR_CACHE, or the system's folder for caches."""
    if folder := os.environ.get("VTBR_CACHE"):
        return Path(folder)
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "vtbr"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "vtbr"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "vtbr"
