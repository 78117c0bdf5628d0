"""Which checkpoints of a run are kept, and how they are written: in a thread, while training continues."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ..settings import AtLeast0, Settings
from .state import Snapshot, save_state
from .trackers import TrackerName

MODEL, BEST, STATE, CHECKPOINTS = "model.safetensors", "best.safetensors", "state.safetensors", "checkpoints"


class SavingConfig(Settings, frozen=True, kw_only=True):
    """Which checkpoints stay, and what is logged besides."""

    keep_last: AtLeast0 = 0
    """Older checkpoints kept in RUN/checkpoints, besides the newest."""
    best_by: str | None = None
    """Measure of the validation whose best checkpoint is kept as RUN/best.safetensors."""
    patience: AtLeast0 = 0
    """Validations in a row without a better `best_by` after which the run ends; 0: never."""
    tensorboard: bool = True
    """Write curves and pictures for TensorBoard, where it is installed."""
    trackers: tuple[TrackerName, ...] = ()
    """Where else log lines go: csv, wandb, mlflow."""
    name: str | None = None
    """What trackers call the run; null: as its folder."""


class Saver:
    """Writes the checkpoints and the resume state of a run's folder."""

    def __init__(self, folder: Path, keep_last: int) -> None:
        self.folder, self.keep_last = folder, keep_last
        self.model_path, self.best_path, self.state_path = folder / MODEL, folder / BEST, folder / STATE
        self._writer = BackgroundWriter()

    def save(
        self, step: int, state: Snapshot, save_model: Callable[[Path], None], about: Mapping[str, Any]
    ) -> None:
        """Write the checkpoint and then the state, each replaced whole, in the background."""

        def write() -> None:
            save_model(self.model_path)
            if self.keep_last:
                kept = self.folder / CHECKPOINTS
                kept.mkdir(exist_ok=True)
                keep_copy(self.model_path, kept / f"step-{step:09d}.safetensors")
                keep_last(kept, self.keep_last)
            save_state(self.state_path, state, about)

        self._writer.submit(write)

    def keep_best(self) -> None:
        """Keep the newest checkpoint as the best one, once it is written."""
        self._writer.submit(lambda: keep_copy(self.model_path, self.best_path))

    def finish(self) -> None:
        """Wait for what is being written, and raise its error."""
        self._writer.finish()


class Selection:
    """The best of a run's validations by one measure, higher is better unless its name ends in `loss`."""

    def __init__(self, measure: str | None, patience: int) -> None:
        self.measure, self.patience = measure, patience
        self.score: float | None = None
        self.step = 0
        self.waited = 0

    def offer(self, step: int, scores: Mapping[str, Any]) -> bool:
        """Take the scores of a validation; tells whether they are the best so far."""
        if self.measure is None or self.measure not in scores:
            return False
        sign = -1 if self.measure.endswith("loss") else 1
        score = float(scores[self.measure])
        if self.score is not None and sign * score <= sign * self.score:
            self.waited += 1
            return False
        self.score, self.step, self.waited = score, step, 0
        return True

    @property
    def is_exhausted(self) -> bool:
        """Whether as many validations as `patience` in a row were no better."""
        return bool(self.patience) and self.waited >= self.patience


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
    """Make `copy` what `path` is now: a second name of the same bytes where the file system has those.

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
