"""The processes that torchrun started, where there is more than one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

_PATIENCE = timedelta(days=7)  # one process may have slow disks; torchrun ends all when one fails


@dataclass(frozen=True, slots=True)
class Ranks:
    """Which of how many this process is."""

    rank: int
    size: int

    def wait(self) -> None:
        """Until all are here."""
        if self.size > 1:
            from torch import distributed

            distributed.barrier()


@contextmanager
def ranks() -> Iterator[Ranks]:
    """As torchrun says in the environment; one process where it does not."""
    size = int(os.environ.get("WORLD_SIZE", 1))
    if size == 1:
        yield Ranks(0, 1)
        return
    from torch import distributed

    distributed.init_process_group("gloo", timeout=_PATIENCE)
    try:
        yield Ranks(distributed.get_rank(), size)
    finally:
        distributed.destroy_process_group()
