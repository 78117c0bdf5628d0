"""The one training loop: pretraining and fine-tuning, one process or many."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import torch

from vtbr_data.training import Damage
from vtbr_models.checkpoint import save_checkpoint
from vtbr_models.threads import ThreadWatch

from .errors import InputError
from .finite import FiniteGuard
from .run import Means, Resume, Run, announce, copied, snapshot
from .settings import to_values
from .step import Step, part_size, read_batches
from .task import Stateful, Task


def train(
    task: Task, folder: Path, *, resume: Resume, command: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Train to the end in `folder`; returns the last logged values and the checkpoints' paths.

    `command` is what `resume` needs to begin again from the folder alone.
    """
    config, optimizer = task.config, task.optimizer
    part_size(task)
    _check_measure(task)
    with Run(folder, task, to_values(config), resume=resume, command=command or {}) as run:
        means = Means()
        parts = {**task.parts, "means": means}
        run.restore(parts)
        announce(run, task)
        step_of, finite, threads = Step(task), FiniteGuard(task, run), ThreadWatch()
        if run.lacks_validation(task):
            _validate(task, run, run.saved_step)
        task.module.train()
        with closing(_batches(task, run)) as batches:
            for step in run.steps():
                if threads.look() and not task.hardware.has_gpu:
                    run.say(f"step {step}: {torch.get_num_threads()} thread(s), as others use the machine")
                task.before(step)
                finite.before()
                losses = step_of.gather(batches)
                gradient_norm = optimizer.step(step, skips=partial(finite.skips, step))
                finite.watch(step, gradient_norm)
                if not finite.skipped_in_a_row:
                    means.add(losses)
                if run.is_due(step, config.log_every):
                    finite.check()
                    values = {"gradient_norm": gradient_norm, "learning_rate_factor": optimizer.factor(step)}
                    run.log(
                        step,
                        {**means.take(), **values},
                        images=task.images_per_step,
                        may_lack=finite.may_lack,
                    )
                else:
                    run.glance(step, means, images=task.images_per_step)
                is_validated = task.validates and run.is_due(step, task.validate_every)
                if run.saves_at(step, task.save_every) or (is_validated and run.selects):
                    finite.check()
                    _save(task, run, step, parts)
                if is_validated:
                    _validate(task, run, step)
        return run.result() if task.world.is_first else {}


def _check_measure(task: Task) -> None:
    measure = task.best_by
    if measure is not None and measure not in task.measures:
        known = ", ".join(task.measures)
        gives = f"gives {known}; name one of them" if known else "has no images: name some to validate on"
        raise InputError(f"saving.best_by = {measure}: the validation {gives}")
    if measure is None and task.config.saving.patience:
        raise InputError("saving.patience needs a measure to wait for: set saving.best_by, too")


def _batches(task: Task, run: Run) -> Generator[Any]:
    return read_batches(task, first_step=run.first_step, last_step=task.last_step, damage=Damage(run.say))


def _validate(task: Task, run: Run, step: int) -> None:
    """Log scores of the model; one process computes them, the others wait."""
    scores: Mapping[str, float] = {}
    if task.world.is_first:
        task.module.eval()
        with task.optimizer.averaged(), torch.no_grad(), torch.random.fork_rng(devices=[]):
            scores = task.validate()
            run.show(step, task.show)
        task.module.train()
    scores = task.world.shared(scores)
    run.log(step, scores)
    run.select(step, scores)


def _save(task: Task, run: Run, step: int, parts: Mapping[str, Stateful]) -> None:
    run.saved_step = step
    if not task.world.is_first:
        return
    with task.optimizer.averaged():
        weights = copied(task.model.state_dict())
    metadata = task.metadata(step, run.settings)
    run.save(
        step,
        snapshot(parts),
        lambda path: save_checkpoint(path, task.model, metadata, tensors=weights),
    )
