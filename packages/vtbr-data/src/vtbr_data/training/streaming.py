"""The order in which shards are read that have to be copied first."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from .batches import Batches, BatchIndices, ShuffledBatches, shuffled
from .randomness import image_seeds

if TYPE_CHECKING:
    from .sources import Pictures


def shuffled_batches(
    pictures: Pictures, batch_size: int, *, seed: int, first_step: int, last_step: int, num_ranks: int = 1
) -> Batches:
    """Return batches of every picture once an epoch: in any order, or a few shards at a time where shards are
    copied first.

    `num_ranks` processes will share each batch.
    """
    shards = pictures.remote_shards
    if shards is None:
        return ShuffledBatches(
            len(pictures), batch_size, seed=seed, first_step=first_step, last_step=last_step
        )
    return StreamedBatches(
        shards, batch_size, seed=seed, first_step=first_step, last_step=last_step, num_ranks=num_ranks
    )


class StreamedBatches(Batches):
    """Every row once an epoch, in an order that needs few shards at a time: for shards that are copied.

    A pass deals the shards, shuffled, out to `num_ranks` processes; each takes `window` of its shards at a
    time and shuffles the images in them. The r-th run of each batch is process r's, and no process needs
    another's shards in the same pass. The order depends on the number of processes, not on that of workers.
    Raises `InputError` for fewer shards than processes.
    """

    def __init__(
        self,
        shard_numbers: NDArray[np.int64],
        batch_size: int,
        *,
        seed: int,
        first_step: int,
        last_step: int,
        num_ranks: int = 1,
        window: int = 8,
    ) -> None:
        by_shard = np.argsort(shard_numbers, kind="stable")
        borders = np.flatnonzero(np.diff(shard_numbers[by_shard])) + 1
        self._shards = np.split(by_shard, borders)
        if len(self._shards) < num_ranks or not len(shard_numbers):
            raise InputError(
                f"{len(self._shards)} shards cannot be dealt out to {num_ranks} processes: "
                "pack smaller ones (--shard-size)"
            )
        if batch_size % num_ranks:
            raise ValueError(f"a batch of {batch_size} cannot be shared by {num_ranks} processes")
        super().__init__(seed=seed, first_step=first_step, last_step=last_step)
        self.batch_size, self.num_ranks, self.window = batch_size, num_ranks, window
        self._order = lru_cache(maxsize=2 * num_ranks)(self._order_of)
        self._starts = [[0] for _ in range(num_ranks)]
        """Where each pass so far begins in each process's stream."""

    def at(self, step: int) -> BatchIndices:
        """Return the images of `step` (counted from 1), of all processes together."""
        parts = [self._part(rank, step) for rank in range(self.num_ranks)]
        rows, epochs = (np.concatenate(some) for some in zip(*parts, strict=True))
        return BatchIndices(rows, image_seeds(self.seed, epochs, rows))

    def _part(self, rank: int, step: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return rows and passes of one process's run."""
        count = self.batch_size // self.num_ranks
        positions = np.arange((step - 1) * count, step * count)
        starts = self._starts[rank]
        while starts[-1] <= positions[-1]:
            dealt = self._dealt(rank, len(starts) - 1)
            starts.append(starts[-1] + sum(len(self._shards[one]) for one in dealt))
        epochs = np.searchsorted(starts, positions, side="right") - 1
        rows = np.empty_like(positions)
        for epoch in np.unique(epochs).tolist():
            rows[epochs == epoch] = self._order(rank, epoch)[positions[epochs == epoch] - starts[epoch]]
        return rows, epochs

    def _dealt(self, rank: int, epoch: int) -> NDArray[np.int64]:
        return shuffled(len(self._shards), self.seed, epoch)[rank :: self.num_ranks]

    def _order_of(self, rank: int, epoch: int) -> NDArray[np.int64]:
        mine = self._dealt(rank, epoch)
        random = np.random.default_rng([self.seed, epoch, rank])
        windows = [mine[first : first + self.window] for first in range(0, len(mine), self.window)]
        return np.concatenate(
            [random.permutation(np.concatenate([self._shards[one] for one in some])) for some in windows]
        )
