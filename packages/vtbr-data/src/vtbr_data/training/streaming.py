"""The order in which shards are read that have to be copied first."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .batches import Draws, Share, ShuffledBatches, shuffled
from .randomness import image_seeds

if TYPE_CHECKING:
    from .images import Pictures


def shuffled_batches(
    pictures: Pictures,
    batch_size: int,
    *,
    seed: int,
    first_step: int,
    last_step: int,
    share: Share | None = None,
) -> ShuffledBatches | StreamedBatches:
    """Every picture once a pass: in any order, or where shards are copied first, a few shards at a time."""
    if pictures.remote_shards is None:
        return ShuffledBatches(
            len(pictures), batch_size, seed=seed, first_step=first_step, last_step=last_step, share=share
        )
    return StreamedBatches(
        pictures.remote_shards,
        batch_size,
        seed=seed,
        first_step=first_step,
        last_step=last_step,
        share=share,
    )


class StreamedBatches:
    """Every row once a pass, in an order that needs few shards at a time: for shards that are copied.

    A pass deals the shards, shuffled, out to the processes; each takes `window` of its shards at a time and
    shuffles the images in them. Processes never need each other's shards in the same pass. The order depends
    on the number of processes, not on that of workers. Raises `ValueError` for fewer shards than processes.
    """

    def __init__(
        self,
        shard_numbers: NDArray[np.int64],
        batch_size: int,
        *,
        seed: int,
        first_step: int,
        last_step: int,
        share: Share | None = None,
        window: int = 8,
    ) -> None:
        self.share = share or Share()
        by_shard = np.argsort(shard_numbers, kind="stable")
        borders = np.flatnonzero(np.diff(shard_numbers[by_shard])) + 1
        self._shards = np.split(by_shard, borders)
        if len(self._shards) < self.share.num_ranks or not len(shard_numbers):
            raise ValueError(
                f"{len(self._shards)} shards cannot be dealt out to {self.share.num_ranks} processes: "
                "pack smaller ones (--shard-size)"
            )
        if batch_size % self.share.num_ranks:
            raise ValueError(f"a batch of {batch_size} cannot be shared by {self.share.num_ranks} processes")
        self.batch_size, self.seed, self.window = batch_size, seed, window
        self.first_step, self.last_step = first_step, last_step
        self._order = lru_cache(maxsize=2)(self._order_of)
        self._starts = [0]  # position of each pass so far in this process's stream

    def __len__(self) -> int:
        return max(0, self.last_step - self.first_step + 1)

    def __iter__(self) -> Iterator[Draws]:
        for step in range(self.first_step, self.last_step + 1):
            yield self.at(step)

    def at(self, step: int) -> Draws:
        """This process's draws of `step` (counted from 1)."""
        count = self.batch_size // self.share.num_ranks
        positions = np.arange((step - 1) * count, step * count)
        while self._starts[-1] <= positions[-1]:
            turn = len(self._starts) - 1
            self._starts.append(self._starts[-1] + sum(len(self._shards[one]) for one in self._dealt(turn)))
        turns = np.searchsorted(self._starts, positions, side="right") - 1
        rows = np.empty_like(positions)
        for turn in np.unique(turns):
            places = positions[turns == turn] - self._starts[turn]
            rows[turns == turn] = self._order(int(turn))[places]
        return Draws(rows, image_seeds(self.seed, turns, rows))

    def _dealt(self, turn: int) -> NDArray[np.int64]:
        return shuffled(len(self._shards), self.seed, turn)[self.share.rank :: self.share.num_ranks]

    def _order_of(self, turn: int) -> NDArray[np.int64]:
        mine = self._dealt(turn)
        random = np.random.default_rng([self.seed, turn, self.share.rank])
        windows = [mine[first : first + self.window] for first in range(0, len(mine), self.window)]
        return np.concatenate(
            [random.permutation(np.concatenate([self._shards[one] for one in some])) for some in windows]
        )
