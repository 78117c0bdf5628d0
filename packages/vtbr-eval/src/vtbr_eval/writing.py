"""Files appear under their name only when they are complete."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def replacing(target: Path) -> Iterator[BinaryIO]:
    """Write to `NAME.partial` in the same folder; rename at the end, remove after any failure."""
    partial = target.with_name(target.name + ".partial")
    try:
        with partial.open("wb") as file:
            yield file
        partial.replace(target)
    except BaseException:  # Ctrl-C leaves nothing half-written either
        partial.unlink(missing_ok=True)
        raise
