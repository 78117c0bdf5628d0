"""A run's folder: its settings, log, resume state and model; and what a person sees while it runs.

RUN/settings.yaml      the resolved settings
RUN/log.jsonl          one JSON object a log line
RUN/state.safetensors  what `--resume` goes on from
RUN/model.safetensors  the checkpoint, for the other commands
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import click
import filelock
import torch
import yaml

from vtbr_models.atomic import replacing

from .errors import InputError
from .state import Stateful, load_state, read_about, save_state

_OURS = {"settings.yaml", "log.jsonl", "state.safetensors", "model.safetensors", ".lock"}
_FREE_ON_RESUME = {
    "log_every",
    "save_every",
    "validate_every",
    "validate_every_epochs",
    "device",
    "data.workers",
}

_LOG_ONLY = {"step", "seconds", "gradient_norm", "learning_rate_factor"}
"""In log.jsonl, but not on the screen."""


class Run:
    """One training run in a folder: `with Run(...) as run: for step in run.steps(): ...`.

    `inputs` are fingerprints: a run resumes only with the settings and inputs that it began with. Raises
    `InputError` for a folder that holds something else, another process's run, or a run that was not asked to
    be resumed.
    """

    def __init__(
        self,
        folder: Path,
        job: str,
        settings: Mapping[str, Any],
        inputs: Mapping[str, Any],
        *,
        last_step: int,
        resume: bool,
    ) -> None:
        self.folder, self.job = folder, job
        self.settings, self.inputs = dict(settings), dict(inputs)
        self.last_step = last_step
        self.first_step = 1
        self._saved_step = 0
        self.model_path = folder / "model.safetensors"
        self._state_path = folder / "state.safetensors"
        self._lock = filelock.FileLock(folder / ".lock")
        self._progress: Any = None
        self._began = self._speed_time = time.monotonic()
        self._speed_step = 0
        self._prepare_folder(resume)

    def __enter__(self) -> Run:
        try:
            self._lock.acquire(timeout=0)
        except filelock.Timeout as error:
            raise InputError(f"{self.folder}: another process trains here; name another folder") from error
        try:
            self._begin()
        except BaseException:
            self._lock.release()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._progress is not None:
            self._progress.stop()
        if kind is KeyboardInterrupt:
            click.echo(f"stopped; the last saved step is {self._saved_step}: go on with --resume", err=True)
        self._lock.release()

    @property
    def is_complete(self) -> bool:
        """Whether all steps are done."""
        return self.first_step > self.last_step

    def steps(self) -> Iterator[int]:
        """The steps still to do.

        Each seeds torch, so that a step's randomness depends on nothing before it.
        """
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        console = Console(stderr=True)
        if console.is_terminal:
            columns = (
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeRemainingColumn(),
            )
            self._progress = Progress(*columns, console=console, transient=True)
            self._progress.start()
            self._task = self._progress.add_task(
                self.job, total=self.last_step, completed=self.first_step - 1
            )
        self._began = time.monotonic()
        self._restart_speed(self.first_step - 1)
        for step in range(self.first_step, self.last_step + 1):
            torch.manual_seed(step_seed(self.settings["seed"], step))
            yield step
            if self._progress is not None:
                self._progress.update(self._task, completed=step)

    def is_due(self, step: int, every: int) -> bool:
        """Whether something done every so many steps is done at `step`; at the last step everything is."""
        return step % every == 0 or step == self.last_step

    def log(self, step: int, values: Mapping[str, Any], *, images: int = 0) -> None:
        """Write one log line.

        Stop the run if a value is no finite number. `images`: seen a step, for the speed.
        """
        line: dict[str, Any] = {"step": step}
        line |= {name: _number(value) for name, value in values.items()}
        broken = [name for name, value in line.items() if not math.isfinite(value)]
        if broken:
            raise InputError(
                f"{broken[0]} is {line[broken[0]]} at step {step}: lower the learning rate, or use --set "
                f"precision=float32; what {self.folder} holds was saved before"
            )
        now = time.monotonic()
        if images:
            line["images_per_second"] = round(
                images * (step - self._speed_step) / (now - self._speed_time), 1
            )
        line["seconds"] = round(now - self._began, 2)
        with (self.folder / "log.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        shown = "  ".join(f"{name} {_short(value)}" for name, value in line.items() if name not in _LOG_ONLY)
        text = f"step {step}/{self.last_step}  {shown}"
        if self._progress is None:
            click.echo(text, err=True)
        else:
            self._progress.console.print(text, highlight=False, soft_wrap=True)
        self._restart_speed(step)

    def save(self, step: int, parts: Mapping[str, Stateful], save_model: Callable[[Path], None]) -> None:
        """Save the checkpoint and then the state, each replaced whole."""
        save_model(self.model_path)
        save_state(self._state_path, parts, {"step": step, "settings": self.settings, "inputs": self.inputs})
        self._saved_step = step
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

    def _restart_speed(self, step: int) -> None:
        """Images a second count from here: saving and validating are not training."""
        self._speed_step, self._speed_time = step, time.monotonic()

    def _prepare_folder(self, resume: bool) -> None:
        if self.folder.is_dir():
            names = {path.name for path in self.folder.iterdir() if not path.name.endswith(".partial")}
            if names - _OURS:
                raise InputError(
                    f"{self.folder}: holds other things ({min(names - _OURS)}); name a new folder"
                )
            if "state.safetensors" in names and not resume:
                step = read_about(self._state_path)["step"]
                raise InputError(
                    f"{self.folder}: holds a run at step {step}; add --resume to go on, or name a new folder"
                )
        elif self.folder.exists():
            raise InputError(f"{self.folder}: is a file; name a folder")
        self.folder.mkdir(parents=True, exist_ok=True)

    def _begin(self) -> None:
        for leftover in self.folder.glob("*.partial"):
            leftover.unlink()
        if self._state_path.exists():
            about = read_about(self._state_path)
            self._refuse_changes(about)
            self._saved_step = about["step"]
            self.first_step = self._saved_step + 1
            click.echo(f"going on after step {about['step']} of {self.last_step}", err=True)
        self._keep_log_before(self.first_step)
        text = yaml.safe_dump({"job": self.job, **self.settings}, sort_keys=False)
        with replacing(self.folder / "settings.yaml") as file:
            file.write(text.encode())

    def _refuse_changes(self, about: Mapping[str, Any]) -> None:
        before, now = _flat({**about["settings"], **about["inputs"]}), _flat({**self.settings, **self.inputs})
        for name in sorted(before.keys() | now.keys()):
            if name not in _FREE_ON_RESUME and before.get(name) != now.get(name):
                raise InputError(
                    f"{self.folder}: began with {name} = {before.get(name)}, not {now.get(name)}; "
                    "give the same to go on, or name a new folder"
                )

    def _keep_log_before(self, step: int) -> None:
        path = self.folder / "log.jsonl"
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        kept = [line for line in lines if _logged_step(line) < step]
        with replacing(path) as file:
            file.write("".join(f"{line}\n" for line in kept).encode())


def step_seed(seed: int, step: int) -> int:
    """The seed of a step's dropout, in [0, 2^63)."""
    return (seed * 0x9E3779B97F4A7C15 + step * 0xBF58476D1CE4E5B9) % 2**63


def _number(value: Any) -> float:
    return float(value.detach()) if isinstance(value, torch.Tensor) else float(value)


def _logged_step(line: str) -> float:
    try:
        return float(json.loads(line)["step"])
    except (ValueError, KeyError, TypeError):  # the line that a kill cut off
        return math.inf


def _flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = list(value) if isinstance(value, tuple) else value
    return flat


def _short(value: float) -> str:
    return f"{value:.3g}" if abs(value) < 1 else f"{value:.2f}" if abs(value) < 100 else f"{value:.0f}"
