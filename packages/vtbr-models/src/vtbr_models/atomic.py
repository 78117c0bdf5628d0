"""Files that appear complete or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Open `path.partial` for writing and rename it to `path` at the end; a failure leaves nothing behind."""
    target = Path(path)
    partial = target.with_name(f"{target.name}.partial")
    try:
        with partial.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        partial.replace(target)
    except BaseException as error:
        if isinstance(error, OSError) and error.filename is None:  # a full disk, say
            error.filename = str(target)
        partial.unlink(missing_ok=True)
        raise
