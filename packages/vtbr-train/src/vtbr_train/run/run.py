"""How a run begins in its folder, continues, stops and ends.

RUN/settings.yaml       the resolved settings, and the command that began the run
RUN/log.jsonl           one JSON object a log line
RUN/state.safetensors   what `vtbr-train resume` and `--resume` continue from
RUN/model.safetensors   the newest checkpoint, for the other commands
RUN/best.safetensors    the best one, by the measure that `saving.best_by` names
RUN/checkpoints/        older ones, as many as `saving.keep_last` says
RUN/tensorboard/        curves and pictures, where TensorBoard is installed

Of several processes the first alone writes; all read, so the folder must be one that all see.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import filelock
import torch

from ..errors import InputError, say
from ..settings import to_values
from .folder import Resume, begin_folder, prepare_folder, write_settings
from .journal import LOG, Journal, keep_log_before, read_log
from .remote_trackers import Ending
from .saving import Saver, Selection
from .state import Snapshot, load_state
from .stopping import Stopped, StopRequests
from .trackers import check_trackers, open_trackers

if TYPE_CHECKING:
    from ..task import Stateful, Task


class Run:
    """One training run in a folder: `with Run(...) as run: for step in run.steps(): ...`.

    A run resumes only with the settings and the task's inputs that it began with. Raises
    `InputError` for a folder that holds something else, another process's run, or a run that was not asked to
    be resumed.
    """

    def __init__(
        self,
        folder: Path,
        task: Task,
        settings: Mapping[str, Any],
        *,
        resume: Resume,
        command: Mapping[str, Any],
    ) -> None:
        self.folder, self.task, self.world = folder, task, task.world
        self.settings, self.inputs, self.command = dict(settings), dict(task.inputs), dict(command)
        self.last_step, self.saving = task.last_step, task.config.saving
        self.first_step, self.saved_step = 1, 0
        self.settings_before: Mapping[str, Any] | None = None
        """Of the run that this one resumes; known to the first process."""
        self.saver = Saver(folder, self.saving.keep_last)
        self.selection = Selection(task.best_by, self.saving.patience)
        self._lock = filelock.FileLock(folder / ".lock")
        self._stop, self._is_stopping = StopRequests(), False
        check_trackers(self.saving.trackers)
        if self.world.is_first:
            # A worker that torchrun starts again was not there to be asked.
            is_restart = int(os.environ.get("TORCHELASTIC_RESTART_COUNT", "0")) > 0
            prepare_folder(self.folder, "auto" if is_restart and resume == "never" else resume)

    def __enter__(self) -> Run:
        if self.world.is_first:
            try:
                self._lock.acquire(timeout=0)
            except filelock.Timeout as error:
                raise InputError(
                    f"{self.folder}: another process trains here; name another folder"
                ) from error
            try:
                self._begin()
            except BaseException:
                self._lock.release()
                raise
        self.first_step = self.world.shared(self.first_step)
        self.saved_step = self.first_step - 1
        trackers = open_trackers(
            self.folder,
            first_step=self.first_step,
            tensorboard=self.saving.tensorboard and self.world.is_first,
            names=self.saving.trackers if self.world.is_first else (),
            name=self.saving.name or "",
            settings={"job": self.task.name, **self.settings},
        )
        self.journal = Journal(
            self.folder,
            self.task,
            trackers,
            first_step=self.first_step,
            saved_step=lambda: self.saved_step,
        )
        self.say, self.log, self.show, self.glance = (
            self.journal.say,
            self.journal.log,
            self.journal.show,
            self.journal.glance,
        )
        self._stop.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.__exit__(kind, error, trace)
        try:
            self.saver.finish()
        finally:
            self.journal.close(_ending(error))
            self._lock.release()
        if kind is KeyboardInterrupt and self.world.is_first:
            say(f"stopped; the last saved step is {self.saved_step}: {self._way_on}")

    def steps(self) -> Iterator[int]:
        """Yield the steps still to do.

        Each seeds torch, so that a step's randomness depends on nothing before it. Raises `Stopped` after a
        step at which the run was asked to stop; ends early when `saving.patience` is exhausted.
        """
        self.journal.start(self.first_step - 1)
        for step in range(self.first_step, self.last_step + 1):
            if self.saving.patience and self.world.any(self.selection.is_exhausted):
                self.say(f"stopped early: {self.selection.measure} was best at step {self.selection.step}")
                return
            torch.manual_seed(step_seed(self.settings["seed"], step, self.world.rank))
            yield step
            self.journal.advance(step)
            if self._is_stopping and step < self.last_step:
                self.saver.finish()
                name = self._stop.signal_name or "a signal to another process"
                self.say(f"stopped; {name}: step {step} is saved: {self._way_on}")
                raise Stopped(step, name)

    def _nothing_left(self) -> str:
        """In words, how a run that has ended continues; nothing for one that has not."""
        if self.saved_step < self.last_step:
            return ""
        name = "steps" if "steps" in self.settings else "epochs"
        return f", its last: for more add --set {name}={2 * self.settings[name]}"

    @property
    def _way_on(self) -> str:
        """In words, how a run that was stopped continues."""
        if not self.saved_step:
            return "begin again"
        return f"`vtbr-train resume {self.folder}` continues" if self.command else "resume continues"

    def is_due(self, step: int, every: int) -> bool:
        """Tell whether something done every so many steps is done at `step`; at the last everything is."""
        return step % every == 0 or step == self.last_step

    def saves_at(self, step: int, every: int) -> bool:
        """Tell whether the run is saved at `step`: every so many steps, at the last, and when asked to stop.

        Asked once a step: the processes agree here.
        """
        self._is_stopping = self.world.any(self._stop.signal_name is not None)
        return self._is_stopping or self.is_due(step, every)

    @property
    def selects(self) -> bool:
        """Whether the best checkpoint is kept."""
        return self.selection.measure is not None

    def lacks_validation(self, task: Task) -> bool:
        """Tell whether the run was killed after it saved a step and before it had validated it."""
        is_due = self.saved_step > 0 and task.validates and self.is_due(self.saved_step, task.validate_every)
        lacks = False
        if is_due and self.world.is_first:
            lines = read_log(self.folder / LOG)
            lacks = not any(line["step"] == self.saved_step and task.measures[0] in line for line in lines)
        return bool(self.world.shared(lacks))

    def save(self, step: int, state: Snapshot, save_model: Callable[[Path], None]) -> None:
        """Save the checkpoint and the state while training continues; the last step's before this returns."""
        about = {"step": step, "settings": self.settings, "inputs": self.inputs}
        self.saver.save(step, state, save_model, about)
        if step == self.last_step:
            self.saver.finish()
        self.journal.restart_speed(step)

    def select(self, step: int, scores: Mapping[str, float]) -> None:
        """Keep the checkpoint of `step`, saved just before, if its scores are the best so far."""
        if self.selection.offer(step, scores) and self.world.is_first:
            self.saver.keep_best()

    def restore(self, parts: Mapping[str, Stateful]) -> None:
        """Put the saved state back, if this run resumes from one."""
        if self.first_step > 1:
            load_state(self.saver.state_path, parts)

    def result(self) -> dict[str, Any]:
        """Return the checkpoint's path, the last value of everything logged, and the best checkpoint."""
        self.saver.finish()
        values: dict[str, Any] = {"model": str(self.saver.model_path)}
        for line in read_log(self.folder / LOG):
            values |= line
        if self.selection.score is not None:
            values["best"] = {
                "measure": self.selection.measure,
                "score": self.selection.score,
                "step": self.selection.step,
                "model": str(self.saver.best_path),
            }
            values["selected_on"] = self.task.selected_on
        return values

    def _begin(self) -> None:
        about = begin_folder(
            self.folder,
            self.settings,
            self.inputs,
            defaults=to_values(type(self.task.config)()),
            say=say,
        )
        log = self.folder / LOG
        if about is not None:
            self.saved_step, self.settings_before = about["step"], about["settings"]
            self.first_step = self.saved_step + 1
            if self.saved_step > self.last_step:
                raise InputError(
                    f"{self.folder}: is at step {self.saved_step}, past the {self.last_step} that are asked for"
                )
            say(f"resuming after step {about['step']} of {self.last_step}{self._nothing_left()}")
        keep_log_before(log, self.first_step)
        for line in read_log(log):
            self.selection.offer(line["step"], line)
        if about is not None and self.selection.step == self.saved_step:
            self.saver.keep_best()  # a kill may have come between log line and copy
        write_settings(self.folder, self.task.name, self.settings, self.command)


def _ending(error: BaseException | None) -> Ending:
    """Return how a run ended that this error ended."""
    if error is None:
        return "finished"
    return "stopped" if isinstance(error, Stopped | KeyboardInterrupt) else "failed"


def step_seed(seed: int, step: int, rank: int = 0) -> int:
    """Return the seed of a step's dropout in one process, in [0, 2^63)."""
    return (seed * 0x9E3779B97F4A7C15 + step * 0xBF58476D1CE4E5B9 + rank * 0x94D049BB133111EB) % 2**63
