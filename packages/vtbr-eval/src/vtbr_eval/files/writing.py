"""Files appear under their name only when they are complete."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def replacing(target: Path) -> Iterator[BinaryIO]:
    """Writes to `NAME.partial` in the same folder; renames it at the end, removes it after any failure.

    A device or a named pipe is written to directly: renaming would put a file in its place.
    A link stays a link, the file that it points to is replaced.
    """
    try:
        if target.exists() and not target.is_file():
            with target.open("wb") as file:
                yield file
            return
        resolved = target.resolve()
        partial = resolved.with_name(resolved.name + ".partial")
        try:
            with partial.open("wb") as file:
                yield file
            partial.replace(resolved)
        except BaseException:  # Ctrl-C leaves nothing half-written either
            partial.unlink(missing_ok=True)
            raise
    except OSError as error:
        error.filename = str(target)  # a full disk does not say which file it was
        raise
