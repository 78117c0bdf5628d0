"""A progress bar for people: on stderr, only on a terminal, only when there is something to wait for."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress

Report = Callable[[int, int], None]
"""Called with how many are done and how many there are."""

_PATIENCE_SECONDS = 1.5  # shorter work shows no bar


@contextmanager
def progress(description: str) -> Iterator[Report]:
    """Yield a function to be told `(done, total)`; it draws a bar on a terminal."""
    if not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    bar: list[Progress] = []
    start = time.monotonic()

    def report(done: int, total: int) -> None:
        if not bar and time.monotonic() - start > _PATIENCE_SECONDS:
            bar.append(_started(description))
        for shown in bar:
            shown.update(shown.task_ids[0], completed=done, total=total)

    try:
        yield report
    finally:
        for shown in bar:
            shown.stop()


def _started(description: str) -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    shown = Progress(*columns, console=Console(stderr=True))
    shown.add_task(description, total=None)
    shown.start()
    return shown
