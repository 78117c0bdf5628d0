"""The processes that train together: one alone, or all that torchrun started."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import torch
from torch import Tensor, distributed
from torch.distributed.distributed_c10d import PrefixStore
from torch.distributed.rendezvous import rendezvous

_TIMEOUT = timedelta(minutes=30)
"""How long the others wait for one that validates or saves."""


@dataclass(frozen=True, slots=True)
class World:
    """This process's place among all: `rank` of `size`, and its number on this machine."""

    rank: int = 0
    size: int = 1
    local_rank: int = 0

    @property
    def is_first(self) -> bool:
        """Whether this process writes the files and speaks."""
        return self.rank == 0

    def wait(self) -> None:
        """Until all are here."""
        if self.size > 1:
            distributed.barrier()

    def any(self, flag: bool) -> bool:
        """Whether any process says yes. Goes over the CPU: a GPU need not finish for it."""
        if self.size == 1:
            return flag
        votes = torch.tensor([int(flag)])
        distributed.all_reduce(votes, op=distributed.ReduceOp.MAX)
        return bool(votes.item())

    def shared(self, value: Any) -> Any:
        """The first process's `value` (plain numbers, texts, lists and mappings of them), everywhere."""
        if self.size == 1:
            return value
        values = [value]
        distributed.broadcast_object_list(values, src=0)
        return values[0]

    def mean(self, value: Tensor) -> Tensor:
        """The mean of a number over all processes, without a gradient."""
        if self.size > 1:
            value = value.detach().clone()
            distributed.all_reduce(value)
            value /= self.size
        return value


def place() -> World:
    """Where torchrun put this process; alone without it."""
    names = ("RANK", "WORLD_SIZE", "LOCAL_RANK")
    return World(*(int(os.environ.get(name, default)) for name, default in zip(names, "010", strict=True)))


@contextmanager
def joined() -> Iterator[World]:
    """The processes that torchrun started, connected; nothing to connect where there is one."""
    world = place()
    if world.size == 1 or distributed.is_initialized():
        yield world
        return
    backend = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo"
    store, rank, size = next(rendezvous("env://", timeout=_TIMEOUT))
    # After a restart the agent's store still holds the addresses of the workers that died.
    attempt = os.environ.get("TORCHELASTIC_RESTART_COUNT", "0")
    store = PrefixStore(f"vtbr-{attempt}", store)
    distributed.init_process_group(backend, store=store, rank=rank, world_size=size, timeout=_TIMEOUT)
    try:
        yield world
    finally:
        distributed.destroy_process_group()
