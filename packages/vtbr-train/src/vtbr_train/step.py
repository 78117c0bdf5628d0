"""One step of training: the loop, planning and benchmarks read its batches and compute its gradients alike."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from vtbr_data.training import load_batches

from .engine import share, wrap
from .run import Means

if TYPE_CHECKING:
    from vtbr_data.training import BatchIndices, Damage

    from .task import Order, Task

_PASSES = 3
"""Of a training step in FLOPs of a forward pass: the backward pass takes twice as many."""


class Step:
    """The gradients of a task's module; on creation it is compiled, recomputing and shared as configured."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.module = wrap(task.module, task.config.engine, task.hardware, task.world)

    def backward(self, batch: Any, *, parts: int = 1) -> Mapping[str, Tensor]:
        """Add the gradient of one batch, a part of `parts`, to those gathered; returns its losses."""
        task = self.task
        with task.hardware.autocast():
            losses = task.losses(self.module, batch)
        task.optimizer.backward(losses["loss"] / parts)
        return losses

    def gather(self, batches: Iterator[Any]) -> Mapping[str, Tensor]:
        """Gather the gradients of all parts of a step; returns the means of their losses."""
        parts = self.task.config.engine.accumulate
        means = Means()
        for _ in range(parts):
            means.add(self.backward(next(batches), parts=parts))
        return means.take()


class Shares:
    """One process's share of each batch, in as many parts as gradients gather over.

    A batch is split into equal runs: process r has the r-th, and of it each part has the next. So a batch
    holds the same images in the same order, however many processes read it.
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
            indices = self.order.at(step)
            for part in range(self.first_part, self.first_part + self.accumulate):
                yield indices.take(slice(part * self.size, (part + 1) * self.size))


def part_size(task: Task) -> int:
    """Return how many images go through at once. Raises `InputError` unless a batch splits evenly."""
    return share(task.images_per_step, task.config.engine, task.world, what=task.batch_setting)


def read_batches(
    task: Task,
    *,
    first_step: int,
    last_step: int,
    accumulate: int | None = None,
    workers: int | None = None,
    damage: Damage | None = None,
) -> Generator[Any]:
    """Yield this process's batches of these steps, on its device, `accumulate` a step.

    `accumulate` and `workers` default to the settings.
    """
    config = task.config
    shares = Shares(
        task.order,
        part_size(task),
        rank=task.world.rank,
        accumulate=config.engine.accumulate if accumulate is None else accumulate,
        first_step=first_step,
        last_step=last_step,
    )
    return load_batches(
        task.images,
        shares,
        workers=config.data.workers if workers is None else workers,
        device=task.hardware.device,
        **({} if damage is None else {"damage": damage}),
    )


def count_flops(task: Task, batch: Any) -> float:
    """Count the floating-point operations of a training step on one image of `batch`."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        task.losses(task.module, batch)
    return float(_PASSES * counter.get_total_flops() / len(batch.images))
