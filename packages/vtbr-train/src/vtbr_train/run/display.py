"""What a person sees of a run: a progress bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import resource
import sys
from collections.abc import Mapping
from typing import Any

import click
import torch

_LOG_ONLY = {"step", "seconds"}
"""In log.jsonl, but not on the screen."""


class Display:
    """Shows log lines, and on a terminal how far the run is and when it will end."""

    def __init__(self, title: str, *, first_step: int, last_step: int) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        self.last_step = last_step
        console = Console(stderr=True)
        self._progress: Progress | None = None
        if console.is_terminal:
            columns = (
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("{task.fields[latest]}"),
                TimeRemainingColumn(),
            )
            self._progress = Progress(*columns, console=console, transient=True)
            self._progress.start()
            self._task = self._progress.add_task(title, total=last_step, completed=first_step - 1, latest="")

    def advance(self, step: int) -> None:
        """Show that `step` is done."""
        if self._progress is not None:
            self._progress.update(self._task, completed=step)

    def show(self, line: Mapping[str, Any]) -> None:
        """Show one log line."""
        values = [f"{name} {_short(value)}" for name, value in line.items() if name not in _LOG_ONLY]
        text = f"step {line['step']}/{self.last_step}  {'  '.join(values)}"
        if self._progress is None:
            click.echo(text, err=True)
        else:
            self._progress.console.print(text, highlight=False, soft_wrap=True)
            self._progress.update(self._task, latest=values[0])

    def close(self) -> None:
        """Leave the terminal as it was."""
        if self._progress is not None:
            self._progress.stop()


def peak_memory_gb(device: torch.device) -> float:
    """The most memory that this run has used, in 10^9 bytes: of the GPU, or else of the process."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 1e9
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9


def _short(value: float) -> str:
    return f"{value:.3g}" if abs(value) < 1 else f"{value:.2f}" if abs(value) < 100 else f"{value:.0f}"
