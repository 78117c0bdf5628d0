"""The processes that train together: one alone, or all that torchrun started."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import torch
from torch import Tensor, distributed

from vtbr_models.processes import Ranks, connected

_TIMEOUT = timedelta(minutes=30)
"""How long the others wait for one that validates or saves."""


@dataclass(frozen=True, slots=True)
class World(Ranks):
    """This process's place among all, and what it exchanges with them."""

    def any(self, flag: bool) -> bool:
        """Return whether any process says yes. Goes over the CPU: a GPU need not finish for it."""
        if self.size == 1:
            return flag
        votes = torch.tensor([int(flag)])
        distributed.all_reduce(votes, op=distributed.ReduceOp.MAX)
        return bool(votes.item())

    def shared(self, value: Any) -> Any:
        """Return the first process's `value` (plain numbers, texts, lists and mappings of them), everywhere."""
        if self.size == 1:
            return value
        values = [value]
        distributed.broadcast_object_list(values, src=0)
        return values[0]

    def mean(self, value: Tensor) -> Tensor:
        """Return the mean of a number over all processes, without a gradient."""
        if self.size > 1:
            value = value.detach().clone()
            distributed.all_reduce(value)
            value /= self.size
        return value


@contextmanager
def joined() -> Iterator[World]:
    """Connect the processes that torchrun started; nothing to connect where there is one."""
    world = World.of_torchrun()
    backend = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo"
    with connected(world, backend=backend, timeout=_TIMEOUT):
        yield world
