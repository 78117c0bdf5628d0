"""A progress bar for long computations."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

PATIENCE_SECONDS = 1.5


class Waiting:
    """Call with (what, done, total); after a while a bar appears on stderr, if that is a terminal.

    Example: `with Waiting() as progress: evaluate(table, progress=progress)`.
    """

    def __init__(self) -> None:
        self._bar: Progress | None = None
        self._task: TaskID | None = None
        self._what = ""
        self._start_seconds = time.monotonic()

    def __enter__(self) -> Waiting:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._bar:
            self._bar.stop()

    def __call__(self, what: str, done: int, total: int) -> None:
        """Show that `done` of `total` are done."""
        waited = time.monotonic() - self._start_seconds
        if not sys.stderr.isatty() or waited < PATIENCE_SECONDS:
            return
        if self._bar is None:
            from rich.console import Console
            from rich.progress import Progress

            self._bar = Progress(console=Console(stderr=True), transient=True)
            self._bar.start()
        if what != self._what:
            self._what, self._task = what, self._bar.add_task(what, total=total)
        assert self._task is not None
        self._bar.update(self._task, completed=done)
