"""Worker processes and per-image randomness."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import torch
from torch.utils.data import DataLoader, Dataset

from .batches import Draw


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Everything random inside depends on `seed` alone; the generator outside is left as it was."""
    state = torch.get_rng_state()
    torch.default_generator.manual_seed(seed)
    try:
        yield
    finally:
        torch.set_rng_state(state)


Item = TypeVar("Item")
Batch = TypeVar("Batch")


def load_batches(
    dataset: Dataset[Item],
    batches: Iterable[list[Draw]],
    collate: Callable[[Any], Batch],
    *,
    workers: int,
    pin_memory: bool = False,
) -> Iterator[Batch]:
    """The batches in order, read ahead by `workers` processes (0: in this one)."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    return iter(
        DataLoader(
            dataset,
            batch_sampler=batches,
            collate_fn=collate,
            num_workers=workers,
            pin_memory=pin_memory,
            prefetch_factor=4 if workers else None,
            generator=torch.Generator(),  # so that starting workers draws nothing from torch's own
        )
    )
