"""Losses over the batches of all processes that train together, and nothing else where there is one.

Each process has an equal share of a batch and averages its gradient with the others' (as
`DistributedDataParallel` does). Outside of training (without gradients) every process is alone: one may
validate while the others wait.

Legend: B images of this process, N images of all processes.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, distributed


def gather(rows: Tensor) -> Tensor:
    """Rows (B, ...) of every process, one after the other, (N, ...); gradients find their way back.

    >>> gather(torch.ones(2, 3)).shape
    torch.Size([2, 3])
    """
    if not trains_together():
        return rows
    gathered: Tensor = _Gather.apply(rows)
    return gathered


def add_up(values: Tensor) -> Tensor:
    """The sum of `values` over all processes; gradients are summed alike."""
    if not trains_together():
        return values
    summed: Tensor = _AddUp.apply(values)
    return summed


def mean(total: Tensor, count: Tensor) -> Tensor:
    """`total / count`, where `count` is the mean of all processes' counts; 0 for nothing at all.

    So that the processes' average is the mean over all that is counted anywhere: a process whose captions
    are longer weighs more, as in one process.

    >>> mean(torch.tensor(6.0), torch.tensor(4))
    tensor(1.5000)
    """
    if trains_together():
        count = count.detach().float().clone()
        distributed.all_reduce(count)
        count = count / distributed.get_world_size()
        return total / count.clamp(min=1 / distributed.get_world_size())
    return total / count.clamp(min=1)


def trains_together() -> bool:
    """Whether other processes train on this step, too."""
    return torch.is_grad_enabled() and distributed.is_available() and distributed.is_initialized()


class _Gather(torch.autograd.Function):
    """torch.distributed's all_gather has no gradient; that of torch.distributed.nn is deprecated."""

    @staticmethod
    def forward(ctx: Any, rows: Tensor) -> Tensor:
        everybodys = [torch.empty_like(rows) for _ in range(distributed.get_world_size())]
        distributed.all_gather(everybodys, rows.contiguous())
        return torch.cat(everybodys)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        summed = gradient.contiguous().clone()
        distributed.all_reduce(summed)
        own: Tensor = summed.chunk(distributed.get_world_size())[distributed.get_rank()]
        return own


class _AddUp(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, values: Tensor) -> Tensor:
        summed = values.clone()
        distributed.all_reduce(summed)
        return summed

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        summed = gradient.contiguous().clone()
        distributed.all_reduce(summed)
        return summed
