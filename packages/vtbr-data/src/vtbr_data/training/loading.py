"""Worker processes and per-image randomness."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
from torch.utils.data import DataLoader, Dataset

from ..errors import InputError
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
    """The batches in order, read ahead by `workers` processes (0: in this one).

    Raises the `InputError` of an image that cannot be read, whichever process met it.
    """
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    loader = DataLoader(
        _Reporting(dataset),
        batch_sampler=batches,
        collate_fn=_Collating(collate),
        num_workers=workers,
        pin_memory=pin_memory,
        prefetch_factor=4 if workers else None,
        generator=torch.Generator(),  # so that starting workers draws nothing from torch's own
    )
    for batch in loader:
        if isinstance(batch, InputError):
            raise batch
        yield batch


@dataclass(frozen=True)
class _Reporting(Dataset[Any]):
    """Returns errors of input as items: raised in a worker, they would come home wrapped in a traceback."""

    dataset: Dataset[Any]

    def __getitem__(self, draw: Draw) -> Any:
        try:
            return self.dataset[draw]
        except InputError as error:
            return InputError(str(error))


@dataclass(frozen=True)
class _Collating:
    collate: Callable[[Any], Any]

    def __call__(self, items: list[Any]) -> Any:
        return next((item for item in items if isinstance(item, InputError)), None) or self.collate(items)
