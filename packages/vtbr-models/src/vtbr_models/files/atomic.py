"""Files that appear complete or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


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
