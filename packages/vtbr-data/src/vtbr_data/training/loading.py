"""Batches read ahead by worker processes and finished on the device that trains."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from multiprocessing.connection import Connection
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from ..errors import InputError
from .batches import BatchIndices
from .randomness import Seeds

Batch = TypeVar("Batch", bound=tuple[Any, ...])


@dataclass(frozen=True, slots=True)
class Loaded(Generic[Batch]):
    """A worker's result: a batch whose images are still uint8 (B, H, W, 3)."""

    batch: Batch
    seeds: Seeds
    names_colour: NDArray[np.bool_]
    """(B,) whose caption names a colour"""
    damaged: tuple[str, ...]
    """Pictures that could not be read, and why."""

    def pin_memory(self) -> Loaded[Batch]:
        """Return the same in page-locked memory, from which a GPU copies; torch's DataLoader calls it."""
        return replace(self, batch=_mapped(self.batch, Tensor.pin_memory))


class Images(Protocol[Batch]):
    """What batches are loaded from: `CaptionImages`, `IdentityImages`."""

    def __getitem__(self, draws: BatchIndices, /) -> Loaded[Batch]:
        """Return the batch with these indices."""

    def finished(self, batch: Batch, seeds: Seeds, names_colour: NDArray[np.bool_], /) -> Batch:
        """Return the batch with its pictures augmented, on the device where they are."""


@dataclass
class Damage:
    """Counts the pictures that could not be read, and names each once."""

    say: Callable[[str], None]
    times: Counter[str] = field(default_factory=Counter)

    def note(self, message: str) -> None:
        """Count one more."""
        self.times[message] += 1
        if self.times[message] == 1:
            self.say(f"left out ({len(self.times)} so far): {message}")


def load_batches(
    images: Images[Batch],
    batches: Iterable[BatchIndices],
    *,
    workers: int,
    device: torch.device | str = "cpu",
    damage: Damage | None = None,
) -> Generator[Batch]:
    """Yield the batches in order, read ahead by `workers` processes (0: in this one), finished on `device`.

    Close what is returned (`contextlib.closing`) unless it is used up: its processes end then.

    `damage` counts pictures that were left out. Raises the `InputError` of an image that cannot be read,
    whichever process met it.
    """
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    device = torch.device(device)
    with _ended_workers() as is_over:
        loader = DataLoader(
            _Reporting(images),
            sampler=batches,
            batch_size=None,
            collate_fn=_unchanged,
            num_workers=workers,
            pin_memory=device.type == "cuda",
            prefetch_factor=4 if workers else None,
            generator=torch.Generator(),  # so that starting workers draws nothing from torch's own
            worker_init_fn=partial(_leave_signals_to_the_trainer, is_over),
        )
        for loaded in loader:
            if isinstance(loaded, InputError):
                raise loaded
            for message in loaded.damaged:
                if damage:
                    damage.note(message)
            batch = _mapped(loaded.batch, lambda tensor: tensor.to(device, non_blocking=True))
            yield images.finished(batch, loaded.seeds, loaded.names_colour)


@contextmanager
def _ended_workers() -> Iterator[Connection]:
    """End the workers that were given this connection, however the block ends.

    An exception keeps torch's iterator alive, which ends them otherwise: at exit Python would wait for them
    for ever, since they ignore SIGTERM.
    """
    is_over, end = multiprocessing.Pipe(duplex=False)
    try:
        yield is_over
    finally:
        end.send_bytes(b"over")
        end.close()
        is_over.close()


def _leave_signals_to_the_trainer(is_over: Connection, worker: int) -> None:
    """Ignore signals to stop in a worker: Ctrl-C and a scheduler's SIGTERM reach it as well as the trainer.

    The process that trains decides when to stop; workers end with it, or when `is_over` has something to
    read, which is left there for the other workers.
    """

    def end() -> None:
        is_over.poll(None)
        time.sleep(1)  # gives torch time to end it in order
        os._exit(0)

    threading.Thread(target=end, name="end", daemon=True).start()
    for name in ("SIGINT", "SIGTERM", "SIGUSR1"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)


def _mapped(batch: Batch, change: Callable[[Tensor], Tensor]) -> Batch:
    """Return the batch with all its tensors changed, those in mappings too."""

    def changed(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {name: changed(item) for name, item in value.items()}
        return change(value) if isinstance(value, Tensor) else value

    return type(batch)(*map(changed, batch))


def _unchanged(loaded: Any) -> Any:
    return loaded


@dataclass(frozen=True)
class _Reporting(Dataset[Any]):
    """Returns errors of input as batches: raised in a worker, they would come home wrapped in a traceback."""

    images: Images[Any]

    def __getitem__(self, draws: BatchIndices) -> Any:
        try:
            return self.images[draws]
        except InputError as error:
            return InputError(str(error))
