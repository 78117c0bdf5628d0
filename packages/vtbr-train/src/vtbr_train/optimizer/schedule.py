"""Learning-rate schedules: pure functions of the step, giving a factor in [0, 1] on the peak rate.

Steps count from 1 to `last_step`; the factor of a step is what that step trains with.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

from ..settings import NotNegative, Positive, Settings, Share

ScheduleName = Literal["cosine", "linear", "multi-step", "one-cycle", "constant"]
FOLLOWS_LENGTH = ("cosine", "linear", "one-cycle")
"""Schedules whose rates at a step depend on how long the run is."""


class ScheduleConfig(Settings, frozen=True, kw_only=True):
    """How the rates move, each schedule after a linear warm-up."""

    name: ScheduleName = "cosine"
    warmup: NotNegative = 0.0
    """Length of the warm-up: steps in pretraining, epochs in fine-tuning, as `milestones`."""
    warmup_start: Share = 0.0
    """Share of the peak that the warm-up begins above."""
    milestones: tuple[float, ...] = ()
    """multi-step: where the rate is multiplied by gamma."""
    gamma: Positive = 0.1
    final: Share = 0.0
    """cosine, linear, one-cycle: share of the peak that the run ends with."""

    def __post_init__(self) -> None:
        if list(self.milestones) != sorted(self.milestones):
            raise ValueError(f"milestones must grow, not {list(self.milestones)}")


def learning_rate_factor(
    config: ScheduleConfig, step: int, *, last_step: int, steps_per_unit: int = 1
) -> float:
    """Return the factor of `step`; `steps_per_unit` is the length of what warm-up and milestones count in.

    The warm-up ends at the peak with its last step; `one-cycle` is its own warm-up where none is given (30 %
    of the run, Smith & Topin 2018), rising and falling by half a cosine.

    >>> config = ScheduleConfig(warmup=2)
    >>> [round(learning_rate_factor(config, step, last_step=4), 2) for step in (1, 2, 3, 4)]
    [0.5, 1.0, 1.0, 0.5]
    """
    warmup_steps = round(config.warmup * steps_per_unit)
    if config.name == "one-cycle" and not warmup_steps:
        warmup_steps = round(_ONE_CYCLE_RISE * last_step)
    if step <= warmup_steps:
        share = step / warmup_steps
        if config.name == "one-cycle":
            share = _half_cosine(1 - share)
        return config.warmup_start + (1 - config.warmup_start) * share
    done = (step - 1 - warmup_steps) / max(1, last_step - warmup_steps)
    if config.name == "multi-step":
        passed = sum((step - 1) / steps_per_unit >= milestone for milestone in config.milestones)
        return float(config.gamma**passed)
    return config.final + (1 - config.final) * _FALLS[config.name](done)


_ONE_CYCLE_RISE = 0.3  # as torch.optim.lr_scheduler.OneCycleLR


def _half_cosine(done: float) -> float:
    return 0.5 * (1 + math.cos(math.pi * done))


_FALLS: dict[str, Callable[[float], float]] = {
    "cosine": _half_cosine,
    "one-cycle": _half_cosine,
    "linear": lambda done: 1 - done,
    "constant": lambda done: 1.0,
}
