"""Learning-rate schedules: pure functions of the step, giving a factor in [0, 1] on the peak rate.

Steps count from 1 to `last_step`; the factor of a step is what that step trains with.
"""

from __future__ import annotations

import math
from collections.abc import Sequence


def warmup_cosine(step: int, *, warmup_steps: int, last_step: int) -> float:
    """Linear from 0 to 1 over the warm-up, then half a cosine down towards 0 (VirTex's pretraining).

    >>> [round(warmup_cosine(step, warmup_steps=2, last_step=4), 2) for step in (1, 2, 3, 4)]
    [0.5, 1.0, 1.0, 0.5]
    """
    if step <= warmup_steps:
        return step / warmup_steps
    progress = (step - 1 - warmup_steps) / (last_step - warmup_steps)
    return 0.5 * (1 + math.cos(math.pi * progress))


def warmup_multi_step(
    step: int,
    *,
    steps_per_epoch: int,
    warmup_epochs: float,
    start: float,
    milestones: Sequence[float],
    gamma: float,
) -> float:
    """Linear from `start` to 1 over the warm-up, then times `gamma` at each milestone (Bag of Tricks).

    Warm-up and milestones count in epochs.

    >>> warmup_multi_step(3, steps_per_epoch=1, warmup_epochs=0, start=0.01, milestones=[2], gamma=0.1)
    0.1
    """
    epoch = (step - 1) / steps_per_epoch
    if epoch < warmup_epochs:
        return start + (1 - start) * epoch / warmup_epochs
    return float(gamma ** sum(epoch >= milestone for milestone in milestones))
