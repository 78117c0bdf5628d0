"""The range test of the learning rate (Smith, "Cyclical Learning Rates for Training Neural Networks", WACV 2017).

The rate grows by the same factor from step to step, and the peak rates of a run are read off the losses.

Legend: N steps that were made.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch

from vtbr_data.training import Damage
from vtbr_models.threads import ThreadWatch

from ..errors import InputError
from ..run import Display, step_seed
from ..step import Step, read_batches

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..optimizer import OptimizerConfig
    from ..task import Task

_SPAN = 1000.0
"""Of the rates tried without limits, to either side of the configured one."""
_DIVERGED = 4.0
"""The test ends where the loss is this many times its least value, as in fastai."""
_WINDOW = 0.05
"""Half of the window that losses are averaged over, as a share of all steps."""
_MIN_WINDOW = 3
"""Steps in the smallest window."""
_BELOW_MINIMUM = 10.0
"""The suggestion is the rate of the least loss divided by this, as in fastai: there the loss still falls."""
_SIGNIFICANT = 4.0
"""Standard errors that the loss must have fallen by."""


class RateCurve(NamedTuple):
    """Losses of the steps of a range test."""

    rates: NDArray[np.float64]
    """(N,) what `optimizer.learning_rate` was"""
    losses: NDArray[np.float64]
    """(N,) the batch's loss before the step"""
    window: int
    """Steps that a mean is taken over, an odd number."""
    has_diverged: bool
    """Whether the test ended early."""

    def smoothed(self) -> NDArray[np.float64]:
        """Return means (N,) over a window around each step, smaller at both ends."""
        half = self.window // 2
        return np.array(
            [self.losses[max(0, place - half) : place + half + 1].mean() for place in range(len(self.losses))]
        )


def find_rate(
    task: Task,
    *,
    steps: int,
    lowest: float | None = None,
    highest: float | None = None,
    say: Callable[[str], None] = lambda text: None,
) -> RateCurve:
    """Train `steps` steps while `optimizer.learning_rate` grows from `lowest` to `highest`; nothing is kept.

    The rates of all groups grow in proportion. Without limits: from a thousandth of the configured rate to a
    thousand times it. Schedule and frozen epochs are left out; everything else is as in a run. Ends early when
    the loss has diverged. `say` is told of pictures that were left out. Raises `InputError` unless the lowest
    rate is below the highest.
    """
    peak = task.config.optimizer.learning_rate
    lowest, highest = lowest or peak / _SPAN, highest or peak * _SPAN
    if not lowest < highest:
        raise InputError(f"the lowest rate, {lowest:g}, must be below the highest, {highest:g}")
    rates = np.geomspace(lowest, highest, steps)
    window = max(_MIN_WINDOW, 2 * round(_WINDOW * steps) + 1)
    losses: list[float] = []
    with closing(_train(task, rates, say)) as found:
        for loss in found:
            if not math.isfinite(loss):
                break
            losses.append(loss)
            if _has_diverged(losses, window):
                break
    return RateCurve(rates[: len(losses)], np.array(losses), window, has_diverged=len(losses) < steps)


def suggest_rate(curve: RateCurve, optimizer: OptimizerConfig) -> dict[str, Any]:
    """Read peak rates off a curve: a tenth of the rate of the least loss, and the rate of the steepest descent.

    `optimizer` is what was tested. `set` gives the first as options of a training command, the backbone's rate
    in proportion. Raises `InputError` for a loss that did not fall.
    """
    if len(curve.losses) < curve.window:
        raise InputError(
            f"the loss diverged within {len(curve.losses) + 1} steps: begin at a lower rate, by --lowest"
        )
    smoothed = curve.smoothed()
    place = int(smoothed.argmin())
    # The first window has only its later half.
    error = _noise(curve.losses) * math.sqrt(1 / (curve.window // 2 + 1) + 1 / curve.window)
    if smoothed[0] - smoothed[place] <= _SIGNIFICANT * error:
        raise InputError(
            f"the loss did not fall between the rates {curve.rates[0]:g} and {curve.rates[-1]:g}: begin lower by "
            "--lowest, end higher by --highest, or take more --steps"
        )
    descent = np.gradient(smoothed, np.log(curve.rates))[: place + 1]
    chosen = {"learning_rate": float(curve.rates[place]) / _BELOW_MINIMUM}
    if optimizer.backbone_learning_rate is not None:
        share = optimizer.backbone_learning_rate / optimizer.learning_rate
        chosen["backbone_learning_rate"] = share * chosen["learning_rate"]
    chosen = {name: _rounded(value, 2) for name, value in chosen.items()}
    return {
        **chosen,
        "set": " ".join(f"--set optimizer.{name}={value:g}" for name, value in chosen.items()),
        "steepest": _rounded(curve.rates[int(descent.argmin())], 2),
        "minimum": _rounded(curve.rates[place], 2),
        "first_loss": _rounded(smoothed[0]),
        "least_loss": _rounded(smoothed[place]),
        "tried": [_rounded(curve.rates[0], 2), _rounded(curve.rates[-1], 2)],
        "has_diverged": curve.has_diverged,
    }


def _train(task: Task, rates: NDArray[np.float64], say: Callable[[str], None]) -> Generator[float]:
    """Yield the loss of each step, the mean over all processes."""
    peak, size = task.config.optimizer.learning_rate, task.images_per_step
    task.optimizer.frozen_steps = 0
    task.module.train()
    training, threads = Step(task), ThreadWatch()
    batches = read_batches(task, first_step=1, last_step=len(rates), damage=Damage(say))
    began, display = time.monotonic(), None
    with ExitStack() as opened:
        opened.enter_context(closing(batches))
        if task.world.is_first:
            display = opened.enter_context(closing(Display("find-rate", first_step=1, last_step=len(rates))))
            display.start()
        for step, rate in enumerate(rates, 1):
            threads.look()
            torch.manual_seed(step_seed(task.config.seed, step, task.world.rank))
            losses = training.gather(batches)
            task.optimizer.step(step, factor=rate / peak)
            loss = float(task.world.mean(losses["loss"]))
            if display is not None:
                speed = size * step / (time.monotonic() - began)
                display.advance(step)
                if display.waits(step):
                    display.glance(
                        {"step": step, "loss": loss, "learning_rate": rate, "images_per_second": speed}
                    )
            yield loss


def _has_diverged(losses: Sequence[float], window: int) -> bool:
    """Tell whether the mean of the newest losses is far above the least such mean."""
    if len(losses) < window:
        return False
    means = np.convolve(losses, np.full(window, 1 / window), mode="valid")
    return bool(means[-1] > _DIVERGED * means.min())


def _noise(losses: NDArray[np.float64]) -> float:
    """Return the standard deviation of losses about their trend, whatever the last ones do.

    The median of what two neighbours differ by, which is 0.954 standard deviations of normal noise.
    """
    return float(np.median(np.abs(np.diff(losses)))) / 0.954


def _rounded(value: float, digits: int = 4) -> float:
    return float(f"{value:.{digits}g}")
