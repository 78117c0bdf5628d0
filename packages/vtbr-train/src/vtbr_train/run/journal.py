"""What a run tells: log lines for people, in RUN/log.jsonl, and in the trackers of the user's choice."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from vtbr_models.files import replacing

from ..errors import InputError, say
from .display import Display, peak_memory_gb
from .remote_trackers import Ending
from .trackers import Trackers

if TYPE_CHECKING:
    from ..task import Task
    from .means import Means

LOG = "log.jsonl"


class Journal:
    """The log of one process; of several, the first alone writes."""

    def __init__(
        self,
        folder: Path,
        task: Task,
        trackers: Trackers,
        *,
        first_step: int,
        saved_step: Callable[[], int] = lambda: 0,
    ) -> None:
        self.path, self.world, self._saved_step = folder / LOG, task.world, saved_step
        self._device, self._trackers = task.hardware.device, trackers
        self._display: Display | None = None
        if self.world.is_first:
            self._display = Display(task.name, first_step=first_step, last_step=task.last_step)
        self._began = time.monotonic()
        self.restart_speed(first_step - 1)

    def say(self, text: str) -> None:
        """Print a line on stderr, from the first process alone."""
        if self.world.is_first:
            say(text)

    def start(self, step: int) -> None:
        """Show that training begins with the step after `step`."""
        if self._display is not None:
            self._display.start()
        self.restart_speed(step)

    def advance(self, step: int) -> None:
        """Show that `step` is done."""
        if self._display is not None:
            self._display.advance(step)

    def glance(self, step: int, means: Means, *, images: int) -> None:
        """Show the values so far where none was shown for a while; they are not logged."""
        if self._display is not None and self._display.waits(step):
            values = {name: float(value) for name, value in means.so_far().items()}
            self._display.glance({"step": step, **values, **self._speed(step, images)})

    def log(
        self,
        step: int,
        values: Mapping[str, Any],
        *,
        images: int = 0,
        may_lack: Callable[[str], bool] = lambda name: False,
    ) -> None:
        """Write one log line: means over all processes. `images`: seen a step, for the speed.

        A value that is NaN or infinite is left out if `may_lack` says so of its name; otherwise raises
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
                f"precision=float32; the last good checkpoint is that of step {self._saved_step()}"
            )
        if images:
            line |= self._speed(step, images)
            line["memory_gb"] = round(peak_memory_gb(self._device), 2)
        line["seconds"] = round(time.monotonic() - self._began, 2)
        if self.world.is_first:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
            self._trackers.log(line)
            if self._display is not None:
                self._display.show(line)
        self.restart_speed(step)

    def show(self, step: int, write: Callable[[Any, int], None]) -> None:
        """Let `write(writer, step)` add pictures or texts to TensorBoard, where it is on."""
        self._trackers.show(step, write)

    def close(self, ending: Ending = "finished") -> None:
        """Leave the terminal as it was and write what is left."""
        if self._display is not None:
            self._display.close()
        self._trackers.close(ending)

    def _numbers(self, values: Mapping[str, Any]) -> dict[str, float]:
        """Return all values as numbers: the device is waited for once, and the processes meet once."""
        tensors = {name: value for name, value in values.items() if isinstance(value, Tensor)}
        numbers = {name: float(value) for name, value in values.items() if not isinstance(value, Tensor)}
        if tensors:
            stacked = self.world.mean(torch.stack([value.detach().float() for value in tensors.values()]))
            numbers |= dict(zip(tensors, stacked.tolist(), strict=True))
        return {name: numbers[name] for name in values}

    def _speed(self, step: int, images: int) -> dict[str, float]:
        seconds = max(time.monotonic() - self._speed_time, 1e-9)
        return {"images_per_second": round(images * (step - self._speed_step) / seconds, 1)}

    def restart_speed(self, step: int) -> None:
        """Count images a second from here: saving and validating are not training."""
        self._speed_step, self._speed_time = step, time.monotonic()


def keep_log_before(path: Path, step: int) -> None:
    """Leave the log's lines of the steps before `step`."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    kept = [line for line in lines if _logged_step(line) < step]
    with replacing(path) as file:
        file.write("".join(f"{line}\n" for line in kept).encode())


def read_log(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the lines of a log."""
    for line in path.read_text(encoding="utf-8").splitlines():
        yield json.loads(line)


def _logged_step(line: str) -> float:
    try:
        return float(json.loads(line)["step"])
    except (ValueError, KeyError, TypeError):  # the line that a kill cut off
        return math.inf
