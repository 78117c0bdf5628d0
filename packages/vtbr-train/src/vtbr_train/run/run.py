"""A run's folder: its settings, log, resume state and models; and how it begins, goes on and ends.

RUN/settings.yaml       the resolved settings
RUN/log.jsonl           one JSON object a log line
RUN/state.safetensors   what `--resume` goes on from
RUN/model.safetensors   the newest checkpoint, for the other commands
RUN/best.safetensors    the best one, by the measure that `saving.best_by` names
RUN/checkpoints/        older ones, as many as `saving.keep_last` says
RUN/tensorboard/        curves and pictures, where TensorBoard is installed

Of several processes the first alone writes; all read, so the folder must be one that all see.
"""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import click
import filelock
import torch
import yaml
from torch import Tensor

from vtbr_models.files import replacing

from ..errors import InputError
from ..task import Task
from .display import Display, peak_memory_gb
from .folder import STATE, Resume, begin_folder, keep_log_before, prepare_folder
from .saving import BackgroundWriter, keep_copy, keep_last
from .state import Snapshot, Stateful, load_state, save_state
from .stopping import Stopped, StopRequests
from .tensorboard import open_board


@dataclass(frozen=True, kw_only=True, slots=True)
class SavingConfig:
    """Which checkpoints stay, and what is logged besides."""

    keep_last: int = 0
    """Older checkpoints kept in RUN/checkpoints, besides the newest."""
    best_by: str | None = None
    """Measure of the validation whose best checkpoint is kept as RUN/best.safetensors."""
    tensorboard: bool = True
    """Write curves and pictures for TensorBoard, where it is installed."""

    def __post_init__(self) -> None:
        if self.keep_last < 0:
            raise ValueError(f"keep_last must be at least 0, not {self.keep_last}")


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
    ) -> None:
        self.folder, self.job, self.world = folder, task.name, task.world
        self.settings, self.inputs = dict(settings), dict(task.inputs)
        self.last_step, self.saving, self._device = task.last_step, task.config.saving, task.hardware.device
        self.first_step = 1
        self.saved_step = 0
        self.model_path = folder / "model.safetensors"
        self._state_path = folder / STATE
        self._best: float | None = None
        self._lock = filelock.FileLock(folder / ".lock")
        self._stop, self._is_stopping = StopRequests(), False
        self._writer = BackgroundWriter()
        self._display: Display | None = None
        self._began = self._speed_time = time.monotonic()
        self._speed_step = 0
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
        wanted = self.saving.tensorboard and self.world.is_first
        self._board = open_board(self.folder, first_step=self.first_step, wanted=wanted)
        self._stop.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.__exit__(kind, error, trace)
        try:
            self._writer.finish()
        finally:
            if self._display is not None:
                self._display.close()
            self._board.close()
            self._lock.release()
        if kind is KeyboardInterrupt and self.world.is_first:
            click.echo(f"stopped; the last saved step is {self.saved_step}: go on with --resume", err=True)

    def steps(self) -> Iterator[int]:
        """The steps still to do.

        Each seeds torch, so that a step's randomness depends on nothing before it. Raises `Stopped` after a
        step at which the run was asked to stop.
        """
        if self.world.is_first:
            self._display = Display(self.job, first_step=self.first_step, last_step=self.last_step)
        self._began = time.monotonic()
        self._restart_speed(self.first_step - 1)
        for step in range(self.first_step, self.last_step + 1):
            torch.manual_seed(step_seed(self.settings["seed"], step, self.world.rank))
            yield step
            if self._display is not None:
                self._display.advance(step)
            if self._is_stopping and step < self.last_step:
                self._writer.finish()
                raise Stopped(step, self._stop.signal_name or "a signal to another process")

    def is_due(self, step: int, every: int) -> bool:
        """Whether something done every so many steps is done at `step`; at the last step everything is."""
        return step % every == 0 or step == self.last_step

    def saves_at(self, step: int, every: int) -> bool:
        """Whether the run is saved at `step`: every so many steps, at the last, and when asked to stop.

        Asked once a step: the processes agree here.
        """
        self._is_stopping = self.world.any(self._stop.signal_name is not None)
        return self._is_stopping or self.is_due(step, every)

    def log(
        self,
        step: int,
        values: Mapping[str, Any],
        *,
        images: int = 0,
        may_lack: Callable[[str], bool] = lambda name: False,
    ) -> None:
        """Write one log line: means over all processes. `images`: seen a step, for the speed.

        A value that is no finite number is left out if `may_lack` says so of its name; otherwise raises
        `InputError`.
        """
        numbers = self._numbers(values)
        broken = [name for name, value in numbers.items() if not math.isfinite(value)]
        line: dict[str, Any] = {"step": step, **numbers}
        for name in filter(may_lack, broken):
            del line[name]
        broken = [name for name in broken if name in line]
        if broken:
            raise InputError(
                f"{broken[0]} is {line[broken[0]]} at step {step}: lower the learning rate, or use --set "
                f"precision=float32; the last good checkpoint is that of step {self.saved_step}"
            )
        now = time.monotonic()
        if images:
            line["images_per_second"] = round(
                images * (step - self._speed_step) / (now - self._speed_time), 1
            )
            line["memory_gb"] = round(peak_memory_gb(self._device), 2)
        line["seconds"] = round(now - self._began, 2)
        if self.world.is_first:
            with (self.folder / "log.jsonl").open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
            self._board.scalars(line)
            if self._display is not None:
                self._display.show(line)
        self._restart_speed(step)

    def say(self, text: str) -> None:
        """A line for the person who watches, from the first process alone."""
        if self.world.is_first:
            click.echo(text, err=True)

    def show(self, step: int, write: Callable[[Any, int], None]) -> None:
        """Let `write(writer, step)` add pictures or texts to TensorBoard, where it is on."""
        self._board.show(step, write)

    def save(
        self,
        step: int,
        state: Snapshot,
        save_model: Callable[[Path], None],
        *,
        scores: Mapping[str, float] | None = None,
    ) -> None:
        """Save the checkpoint and then the state, each replaced whole, while training goes on.

        `scores` of this step decide whether it is the best so far.
        """
        self.saved_step = step
        if not self.world.is_first:
            return
        is_best = self._is_best(scores or {})
        about = {"step": step, "settings": self.settings, "inputs": self.inputs, "best": self._best}

        def write() -> None:
            save_model(self.model_path)
            if is_best:
                keep_copy(self.model_path, self.folder / "best.safetensors")
            if self.saving.keep_last:
                kept = self.folder / "checkpoints"
                kept.mkdir(exist_ok=True)
                keep_copy(self.model_path, kept / f"step-{step:09d}.safetensors")
                keep_last(kept, self.saving.keep_last)
            save_state(self._state_path, state, about)

        self._writer.submit(write)
        if step == self.last_step:
            self._writer.finish()
        self._restart_speed(step)

    def restore(self, parts: Mapping[str, Stateful]) -> None:
        """Put the saved state back, if this run goes on from one."""
        if self.first_step > 1:
            load_state(self._state_path, parts)

    def result(self) -> dict[str, Any]:
        """The checkpoint's path and the last value of everything logged."""
        values: dict[str, Any] = {"model": str(self.model_path)}
        for line in (self.folder / "log.jsonl").read_text(encoding="utf-8").splitlines():
            values |= json.loads(line)
        return values

    def _numbers(self, values: Mapping[str, Any]) -> dict[str, float]:
        """All values as numbers: the device is waited for once, and the processes meet once."""
        tensors = {name: value for name, value in values.items() if isinstance(value, Tensor)}
        numbers = {name: float(value) for name, value in values.items() if not isinstance(value, Tensor)}
        if tensors:
            stacked = self.world.mean(torch.stack([value.detach().float() for value in tensors.values()]))
            numbers |= dict(zip(tensors, stacked.tolist(), strict=True))
        return {name: numbers[name] for name in values}

    def _is_best(self, scores: Mapping[str, float]) -> bool:
        measure = self.saving.best_by
        if measure is None or not scores:
            return False
        sign = -1 if measure.endswith("loss") else 1
        if self._best is not None and sign * scores[measure] <= sign * self._best:
            return False
        self._best = float(scores[measure])
        return True

    def _restart_speed(self, step: int) -> None:
        """Images a second count from here: saving and validating are not training."""
        self._speed_step, self._speed_time = step, time.monotonic()

    def _begin(self) -> None:
        about = begin_folder(self.folder, self.settings, self.inputs)
        if about is not None:
            self._best = about["best"]
            self.saved_step = about["step"]
            self.first_step = self.saved_step + 1
            click.echo(f"going on after step {about['step']} of {self.last_step}", err=True)
        keep_log_before(self.folder / "log.jsonl", self.first_step)
        text = yaml.safe_dump({"job": self.job, **self.settings}, sort_keys=False)
        with replacing(self.folder / "settings.yaml") as file:
            file.write(text.encode())


def step_seed(seed: int, step: int, rank: int = 0) -> int:
    """The seed of a step's dropout in one process, in [0, 2^63)."""
    return (seed * 0x9E3779B97F4A7C15 + step * 0xBF58476D1CE4E5B9 + rank * 0x94D049BB133111EB) % 2**63
