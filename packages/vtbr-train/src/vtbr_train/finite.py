"""What happens to steps whose gradient is NaN or infinite."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from .errors import InputError

if TYPE_CHECKING:
    from .run import Run
    from .task import Task

_MOST_SKIPPED = 20
"""Steps in a row that may be left out: after more, the weights themselves are beyond help."""


class FiniteGuard:
    """Watches the norm of each step's gradient.

    With `engine.on_nonfinite=stop` the device is not waited for: the first bad step is remembered on it and
    `check` stops the run. With `skip` each bad step is left out.
    """

    def __init__(self, task: Task, run: Run) -> None:
        self.task, self.run = task, run
        self.first_bad = torch.zeros((), dtype=torch.int64, device=task.hardware.device)
        self.skips_bad = task.config.engine.on_nonfinite == "skip"
        self.scales = task.optimizer.scaler.is_enabled()  # and leaves out such steps by itself
        self.skipped_in_a_row = 0
        self._statistics: list[Tensor] = []

    def before(self) -> None:
        """Copy batch norm's statistics: a step that is left out must not have changed them."""
        if self.skips_bad:
            self._statistics = [buffer.clone() for buffer in self.task.module.buffers()]

    def may_lack(self, name: str) -> bool:
        """Tell whether a log line may come without this value where it is NaN or infinite."""
        return self.skips_bad or (self.scales and name == "gradient_norm")

    def skips(self, step: int, gradient_norm: Tensor) -> bool:
        """Tell whether this step is left out, and log it. Raises `InputError` after too many in a row."""
        if not self.skips_bad or bool(torch.isfinite(gradient_norm)):
            self.skipped_in_a_row = 0
            return False
        self.skipped_in_a_row += 1
        if self.skipped_in_a_row == _MOST_SKIPPED:
            raise InputError(
                f"the gradient was NaN or infinite for {_MOST_SKIPPED} steps in a row, up to step {step}: lower "
                f"the learning rate; the last good checkpoint is that of step {self.run.saved_step}"
            )
        self.run.say(f"step {step} left out, its gradient is NaN or infinite; {self._names(step)}")
        with torch.no_grad():
            for buffer, kept in zip(self.task.module.buffers(), self._statistics, strict=True):
                buffer.copy_(kept)
        return True

    def watch(self, step: int, gradient_norm: Tensor) -> None:
        """Remember `step` if it is the first whose gradient is NaN or infinite."""
        if not self.scales and not self.skips_bad:
            is_bad = (self.first_bad == 0) & ~torch.isfinite(gradient_norm)
            self.first_bad = torch.where(is_bad, step, self.first_bad)

    def check(self) -> None:
        """Stop the run if there was such a step. Raises `InputError`."""
        step = int(self.first_bad)
        if step:
            raise InputError(
                f"the gradient is NaN or infinite at step {step}: lower the learning rate, use --set "
                f"precision=float32, or --set engine.on_nonfinite=skip; {self._names(step)}; the last good "
                f"checkpoint is that of step {self.run.saved_step}"
            )

    def _names(self, step: int) -> str:
        names = [self.task.images.samples.rows[row].path for row in self.task.order.at(step).rows]
        rest = f" and {len(names) - 3} more" if len(names) > 3 else ""
        return f"its images are {', '.join(names[:3])}{rest}"
