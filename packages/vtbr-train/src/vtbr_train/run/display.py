"""What a person sees of a run: a progress bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch

from ..errors import say

if TYPE_CHECKING:
    from rich.progress import Progress

_LOG_ONLY = {"step", "seconds"}
"""In log.jsonl, but not on the screen."""
_SILENCE_SECONDS = 30.0
"""Without a terminal: the longest time without a line."""
_REFRESH_SECONDS = 1.0
"""On a terminal: how often the newest values are shown; each time the device is waited for."""


class Display:
    """Shows log lines, and on a terminal how far the run is and when it will end."""

    def __init__(self, title: str, *, first_step: int, last_step: int) -> None:
        self.title, self.first_step, self.last_step = title, first_step, last_step
        self._shown_at = -_SILENCE_SECONDS
        self._began = time.monotonic()
        self._progress: Progress | None = None

    def start(self) -> None:
        """Show the bar from here on, and count the time; `close` must follow."""
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )

        self._began = time.monotonic()
        console = Console(stderr=True)
        if not console.is_terminal or console.is_dumb_terminal:
            return
        columns = (  # short enough for 80 characters: in a narrower window numbers are cut
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[latest]}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            TextColumn("left"),
        )
        self._progress = Progress(*columns, console=console, transient=True)
        self._task = self._progress.add_task(
            self.title, total=self.last_step, completed=self.first_step - 1, latest=""
        )
        self._progress.start()

    def advance(self, step: int) -> None:
        """Show that `step` is done."""
        if self._progress is not None:
            self._progress.update(self._task, completed=step)

    def waits(self, step: int) -> bool:
        """Tell whether values should be shown at `step`: at the first one, and where nothing was for long."""
        longest = _SILENCE_SECONDS if self._progress is None else _REFRESH_SECONDS
        return step == self.first_step or time.monotonic() - self._shown_at > longest

    def glance(self, line: Mapping[str, Any]) -> None:
        """Show values that are not logged."""
        self._shown_at = time.monotonic()
        if self._progress is None:
            self._print(line, f"  {self._left(line['step'])}")
        else:
            parts = [f"{name} {_short(line[name])}" for name in ("loss", "learning_rate") if name in line]
            if "images_per_second" in line:
                parts.append(f"{_short(line['images_per_second'])} images/s")
            self._progress.update(self._task, latest="  ".join(parts))

    def show(self, line: Mapping[str, Any]) -> None:
        """Show one log line."""
        self._shown_at = time.monotonic()
        self._print(line)

    def close(self) -> None:
        """Leave the terminal as it was."""
        if self._progress is not None:
            self._progress.stop()

    def _print(self, line: Mapping[str, Any], rest: str = "") -> None:
        values = [f"{name} {_short(value)}" for name, value in line.items() if name not in _LOG_ONLY]
        text = f"step {line['step']}/{self.last_step}  {'  '.join(values)}{rest}"
        if self._progress is None:
            say(text)
        else:
            self._progress.console.print(text, highlight=False, soft_wrap=True)

    def _left(self, step: int) -> str:
        seconds = time.monotonic() - self._began
        left = seconds / (step - self.first_step + 1) * (self.last_step - step)
        return f"elapsed {_duration(seconds)}  left {_duration(left)}"


def peak_memory_gb(device: torch.device) -> float:
    """Return the most memory that this run has used, in 10^9 bytes: of the GPU, or else of the process."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 1e9
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9


def _short(value: float) -> str:
    return f"{value:.3g}" if abs(value) < 1 else f"{value:.2f}" if abs(value) < 100 else f"{value:.0f}"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}"
