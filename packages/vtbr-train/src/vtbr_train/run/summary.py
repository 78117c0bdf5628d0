"""What a run says when it begins: how its batch is split, its rates, its size."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import torch

from vtbr_models.threads import describe_waiting

from ..optimizer import FOLLOWS_LENGTH, learning_rate_factor

if TYPE_CHECKING:
    from torch import nn

    from ..task import Task
    from .run import Run


def announce(run: Run, task: Task) -> None:
    """Say in a few lines what is about to happen; once for all processes."""
    config, optimizer, engine = task.config, task.config.optimizer, task.config.engine
    parts = task.world.size * engine.accumulate
    rates = f"peak rate {optimizer.learning_rate:g}"
    if optimizer.backbone_learning_rate not in (None, optimizer.learning_rate):
        rates = f"{rates}, of the backbone {optimizer.backbone_learning_rate:g}"
    split = ""
    if parts > 1:
        split = f" = {task.world.size} process(es) x {engine.accumulate} part(s) x {task.images_per_step // parts}"
    epochs = f" ({config.epochs} epochs)" if hasattr(config, "epochs") else ""
    precision = str(task.hardware.precision).removeprefix("torch.")
    run.say(
        f"{task.name}: {task.last_step} steps{epochs} of {task.images_per_step} images{split}; "
        f"{len(task.images)} images to learn from"
    )
    run.say(
        f"{num_parameters(task.model) / 1e6:.1f} M parameters in {precision}{_why(task)} on "
        f"{task.hardware.device}{_threads(task)}; "
        f"{optimizer.name}, {rates}, seed {config.seed}"
    )
    for remark in (*task.remarks(), *_new_length(run, task)):
        run.say(remark)


def _new_length(run: Run, task: Task) -> Iterator[str]:
    """Say what the rates of the steps to come are where a run resumes with another length."""
    name, schedule = "steps" if "steps" in run.settings else "epochs", task.config.schedule
    now, before = run.settings[name], (run.settings_before or run.settings)[name]
    if now == before:
        return
    if schedule.name not in FOLLOWS_LENGTH:
        yield f"{name} = {now}, {before} before: the {schedule.name} schedule does not depend on it"
        return
    done, optimizer = run.first_step - 1, task.optimizer
    factor_before = learning_rate_factor(
        schedule, done, last_step=run.last_step * before // now, steps_per_unit=optimizer.steps_per_unit
    )
    yield (
        f"{name} = {now}, {before} before: what is done stays as it is, and from step {done + 1} on the rates are "
        f"those of the new {schedule.name} schedule: {optimizer.factor(done + 1):.3g} of their peaks, after "
        f"{factor_before:.3g} in step {done}"
    )


def _why(task: Task) -> str:
    if task.config.precision != "auto":
        return " (as set)"
    is_mixed = task.hardware.precision is not torch.float32
    return " (auto: computed by this hardware)" if is_mixed else " (auto: no bfloat16 in this hardware)"


def _threads(task: Task) -> str:
    if task.hardware.has_gpu:
        return ""
    return f" with {torch.get_num_threads()} thread(s), waiting {describe_waiting()}"


def num_parameters(model: nn.Module) -> int:
    """Return how many numbers a model learns."""
    return sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)
