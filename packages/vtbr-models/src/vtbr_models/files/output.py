"""Where data goes: a file that appears complete, or stdout."""

from __future__ import annotations

import gzip
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast

from .atomic import replacing


@contextmanager
def open_output(path: str) -> Iterator[BinaryIO]:
    """Binary output to `path`, compressed where it ends in `.gz`; `-` is stdout."""
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
