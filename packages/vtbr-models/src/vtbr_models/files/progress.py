"""A progress bar for people: on stderr, only on a terminal, only when it takes a while."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")

_PATIENCE_SECONDS = 1.5


def track(batches: Iterable[T], *, total: int, batch_size: int, description: str) -> Iterator[T]:
    """Yield the batches as they are, counted in images on a bar."""
    if not sys.stderr.isatty():
        yield from batches
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    progress = Progress(*columns, console=Console(stderr=True), transient=True)
    task = progress.add_task(description, total=total)
    shown_at = time.monotonic() + _PATIENCE_SECONDS
    try:
        for batch in batches:
            yield batch
            progress.advance(task, batch_size)
            if not progress.live.is_started and time.monotonic() > shown_at:
                progress.start()
    finally:
        progress.stop()
