"""The processes that torchrun started: sums and means over their batches in training, and their ranks.

Each process has an equal share of a batch and averages its gradient with the others' (as
`DistributedDataParallel` does). Outside of training (without gradients) nothing is exchanged, so that one
process may validate while the others wait.

Legend: B images of this process, N images of all processes.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self

import torch
from torch import Tensor, distributed

_PATIENCE = timedelta(days=7)  # one process may have slow disks; torchrun ends all when one fails


def gather(rows: Tensor) -> Tensor:
    """Concatenate the rows (B, ...) of all processes to (N, ...); gradients flow back to each process.

    >>> gather(torch.ones(2, 3)).shape
    torch.Size([2, 3])
    """
    if not trains_together():
        return rows
    gathered: Tensor = _Gather.apply(rows)
    return gathered


def add_up(values: Tensor) -> Tensor:
    """Sum `values`, and their gradients, over all processes."""
    if not trains_together():
        return values
    summed: Tensor = _AddUp.apply(values)
    return summed


def mean(total: Tensor, count: Tensor) -> Tensor:
    """Divide `total` by the mean of all processes' counts; 0 where nothing was counted.

    The average over processes is then the mean over everything that was counted in any of them: a process
    with longer captions weighs more, as it would in one process.

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
    """Return whether other processes train on this step, too."""
    return torch.is_grad_enabled() and distributed.is_available() and distributed.is_initialized()


@dataclass(frozen=True, slots=True)
class Ranks:
    """This process's place among all: `rank` of `size`, and its number on this machine."""

    rank: int = 0
    size: int = 1
    local_rank: int = 0

    @classmethod
    def of_torchrun(cls) -> Self:
        """Return the place that torchrun's environment names; alone without it."""
        names = ("RANK", "WORLD_SIZE", "LOCAL_RANK")
        return cls(*(int(os.environ.get(name, default)) for name, default in zip(names, "010", strict=True)))

    @property
    def is_first(self) -> bool:
        """Whether this process writes the files and speaks."""
        return self.rank == 0

    def wait(self) -> None:
        """Wait until all processes have arrived here."""
        if self.size > 1:
            distributed.barrier()


@contextmanager
def ranks() -> Iterator[Ranks]:
    """Join the processes that torchrun names in the environment; without torchrun there is one."""
    found = Ranks.of_torchrun()
    with connected(found, backend="gloo", timeout=_PATIENCE):
        yield found


@contextmanager
def connected(place: Ranks, *, backend: str, timeout: timedelta) -> Iterator[None]:
    """Connect this process with the others that torchrun started, for as long as it lasts.

    Does nothing for a process that is alone or connected already. `timeout`: how long one waits for another.
    """
    if place.size == 1 or distributed.is_initialized():
        yield
        return
    from torch.distributed.distributed_c10d import PrefixStore  # not in every build of torch
    from torch.distributed.rendezvous import rendezvous

    store, rank, size = next(rendezvous("env://", timeout=timeout))
    # After a restart the agent's store still holds the addresses of the workers that died.
    attempt = os.environ.get("TORCHELASTIC_RESTART_COUNT", "0")
    store = PrefixStore(f"vtbr-{attempt}", store)
    distributed.init_process_group(backend, store=store, rank=rank, world_size=size, timeout=timeout)
    try:
        yield
    finally:
        distributed.destroy_process_group()


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
