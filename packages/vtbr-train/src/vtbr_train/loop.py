"""The one training loop: pretraining and fine-tuning, one process or many."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from vtbr_data.training import BatchIndices, Damage, load_batches
from vtbr_models.checkpoint import save_checkpoint

from .engine.engine import share, wrap
from .errors import InputError
from .run.folder import Resume
from .run.run import Run
from .run.state import copied, snapshot
from .run.summary import announce
from .settings import to_values
from .task import Order, Task

_MOST_SKIPPED = 20
"""Steps on end that may be left out: after more, the weights themselves are beyond help."""


def train(task: Task, folder: Path, *, resume: Resume) -> dict[str, Any]:
    """Train to the end in `folder`; the last values logged and the checkpoint's path come back."""
    config, hardware, optimizer = task.config, task.hardware, task.optimizer
    accumulate = config.engine.accumulate
    size = share(task.images_per_step, config.engine, task.world, what=task.batch_setting)
    _check_measure(task)
    scores: Mapping[str, float] = {}
    with Run(folder, task, to_values(config), resume=resume) as run:
        run.restore(task.parts)
        announce(run, task)
        losses_of = wrap(task.module, config.engine, hardware, task.world)
        batches = _batches(task, run, size)
        finite = _Finite(task, run)
        task.module.train()
        for step in run.steps():
            task.before(step)
            finite.before()
            for _ in range(accumulate):
                with hardware.autocast():
                    losses = task.losses(losses_of, next(batches))
                optimizer.backward(losses["loss"] / accumulate)
            gradient_norm = optimizer.step(step, skips=partial(finite.skips, step))
            finite.watch(step, gradient_norm)
            if run.is_due(step, config.log_every):
                finite.check()
                values = {"gradient_norm": gradient_norm, "learning_rate_factor": optimizer.factor(step)}
                run.log(step, {**losses, **values}, images=task.images_per_step, may_lack=finite.may_lack)
            if task.validates and run.is_due(step, task.validate_every):
                scores = _validated(task, run, step)
            if run.saves_at(step, task.save_every):
                finite.check()
                _save(task, run, step, scores)
                scores = {}
        return run.result() if task.world.is_first else {}


def _check_measure(task: Task) -> None:
    measure = task.config.saving.best_by
    if measure is not None and measure not in task.measures:
        known = ", ".join(task.measures)
        gives = f"gives {known}; name one of them" if known else "has no images: name some to validate on"
        raise InputError(f"saving.best_by = {measure}: the validation {gives}")


def _batches(task: Task, run: Run, size: int) -> Iterator[Any]:
    draws = Shares(
        task.order,
        size,
        rank=task.world.rank,
        accumulate=task.config.engine.accumulate,
        first_step=run.first_step,
        last_step=task.last_step,
    )
    data, device = task.config.data, task.hardware.device
    return load_batches(task.images, draws, workers=data.workers, device=device, damage=Damage(run.say))


def _validated(task: Task, run: Run, step: int) -> Mapping[str, float]:
    """Scores of the model; one process computes them, the others wait."""
    scores: Mapping[str, float] = {}
    if task.world.is_first:
        task.module.eval()
        with task.optimizer.averaged(), torch.no_grad(), torch.random.fork_rng(devices=[]):
            scores = task.validate()
            run.show(step, task.show)
        task.module.train()
    scores = task.world.shared(scores)
    run.log(step, scores)
    return scores


def _save(task: Task, run: Run, step: int, scores: Mapping[str, float]) -> None:
    if not task.world.is_first:
        return
    with task.optimizer.averaged():
        weights = copied(task.model.state_dict())
    metadata = task.metadata(step, run.settings)
    run.save(
        step,
        snapshot(task.parts),
        lambda path: save_checkpoint(path, task.model, metadata, tensors=weights),
        scores=scores,
    )


class _Finite:
    """Keeps an eye on the gradient without waiting for the device: the first bad step is kept there."""

    def __init__(self, task: Task, run: Run) -> None:
        self.task, self.run = task, run
        self.first_bad = torch.zeros((), dtype=torch.int64, device=task.hardware.device)
        self.skips_bad = task.config.engine.on_nonfinite == "skip"
        self.scales = task.optimizer.scaler.is_enabled()  # and leaves out such steps by itself
        self.skipped_in_a_row = 0
        self._statistics: list[Tensor] = []

    def before(self) -> None:
        """Keep batch norm's statistics: a step that is left out must not have touched them."""
        if self.skips_bad:
            self._statistics = [buffer.clone() for buffer in self.task.module.buffers()]

    def may_lack(self, name: str) -> bool:
        """Whether a log line may come without this value, if it is no number: its step is left out."""
        return self.skips_bad or (self.scales and name == "gradient_norm")

    def skips(self, step: int, gradient_norm: Tensor) -> bool:
        """Whether this step is to be left out, said aloud. Raises `InputError` if too many were."""
        if not self.skips_bad or bool(torch.isfinite(gradient_norm)):
            self.skipped_in_a_row = 0
            return False
        self.skipped_in_a_row += 1
        if self.skipped_in_a_row == _MOST_SKIPPED:
            raise InputError(
                f"the gradient was no number for {_MOST_SKIPPED} steps on end, up to step {step}: lower the "
                f"learning rate; the last good checkpoint is that of step {self.run.saved_step}"
            )
        self.run.say(f"step {step} left out, its gradient is no number; {self._names(step)}")
        with torch.no_grad():
            for buffer, kept in zip(self.task.module.buffers(), self._statistics, strict=True):
                buffer.copy_(kept)
        return True

    def watch(self, step: int, gradient_norm: Tensor) -> None:
        """Remember `step` if it is the first whose gradient is no number."""
        if not self.scales and not self.skips_bad:
            is_bad = (self.first_bad == 0) & ~torch.isfinite(gradient_norm)
            self.first_bad = torch.where(is_bad, step, self.first_bad)

    def check(self) -> None:
        """Stop the run if there was such a step. Raises `InputError`."""
        step = int(self.first_bad)
        if step:
            raise InputError(
                f"the gradient is no number at step {step}: lower the learning rate, use --set "
                f"precision=float32, or --set engine.on_nonfinite=skip; {self._names(step)}; the last good "
                f"checkpoint is that of step {self.run.saved_step}"
            )

    def _names(self, step: int) -> str:
        names = [self.task.images.samples.rows[row].path for row in self.task.order.at(step).rows]
        rest = f" and {len(names) - 3} more" if len(names) > 3 else ""
        return f"its images are {', '.join(names[:3])}{rest}"


class Shares:
    """One process's share of each batch, in as many parts as gradients gather over.

    A batch is split into equal runs of draws: process r has the r-th, and of it each part has the next. So a
    batch holds the same images in the same order, however many processes read it.
    """

    def __init__(
        self, order: Order, size: int, *, rank: int, accumulate: int, first_step: int, last_step: int
    ) -> None:
        self.order, self.size = order, size
        self.first_part, self.accumulate = rank * accumulate, accumulate
        self.first_step, self.last_step = first_step, last_step

    def __len__(self) -> int:
        return max(0, self.last_step - self.first_step + 1) * self.accumulate

    def __iter__(self) -> Iterator[BatchIndices]:
        for step in range(self.first_step, self.last_step + 1):
            draws = self.order.at(step)
            for part in range(self.first_part, self.first_part + self.accumulate):
                yield draws.take(slice(part * self.size, (part + 1) * self.size))
