"""Saving beside training: copies are taken, then a thread writes them while the next steps run."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path


class BackgroundWriter:
    """One write at a time, in a thread; what goes wrong in it is raised in the thread that trains."""

    def __init__(self) -> None:
        self._thread: threading.Thread | None = None
        self._error: BaseException | None = None

    def submit(self, write: Callable[[], None]) -> None:
        """Call `write` in the background, when the write before it is done."""
        self.finish()
        self._thread = threading.Thread(target=self._run, args=(write,), name="saving")
        self._thread.start()

    def finish(self) -> None:
        """Wait for the write under way, and raise its error."""
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        if self._error is not None:
            error, self._error = self._error, None
            raise error

    def _run(self, write: Callable[[], None]) -> None:
        try:
            write()
        except BaseException as error:  # handed over to the training thread
            self._error = error


def keep_copy(path: Path, copy: Path) -> None:
    """Let `copy` be what `path` is now: a second name of the same bytes where the file system has those.

    A later replacement of `path` leaves it alone.
    """
    partial = copy.with_name(f"{copy.name}.partial")
    partial.unlink(missing_ok=True)
    try:
        os.link(path, partial)
    except OSError:
        shutil.copyfile(path, partial)
    partial.replace(copy)


def keep_last(folder: Path, count: int) -> None:
    """Leave the `count` newest of the numbered checkpoints in `folder`."""
    numbered = sorted(folder.glob("step-*.safetensors"))
    for path in numbered[: max(0, len(numbered) - count)]:
        path.unlink()
