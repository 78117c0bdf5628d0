"""Which images a training step reads: pure functions of the seed and the step.

Given the same run seed, step s always holds the same images, so a run resumes anywhere without keeping state.
A batch holds the images of all processes, however many they are; each takes its part by `BatchIndices.take`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .randomness import Seeds, image_seeds


class BatchIndices(NamedTuple):
    """Which images a batch holds, and the seed of each."""

    rows: NDArray[np.int64]
    """(B,) their rows in the manifest"""
    seeds: Seeds
    """(B,) of everything random that happens to each"""

    def take(self, places: slice) -> BatchIndices:
        """Return some of them."""
        return BatchIndices(self.rows[places], self.seeds[places])


class Batches(ABC):
    """The batches of some steps."""

    def __init__(self, *, seed: int, first_step: int, last_step: int) -> None:
        self.seed, self.first_step, self.last_step = seed, first_step, last_step

    def __len__(self) -> int:
        return max(0, self.last_step - self.first_step + 1)

    def __iter__(self) -> Iterator[BatchIndices]:
        for step in range(self.first_step, self.last_step + 1):
            yield self.at(step)

    @abstractmethod
    def at(self, step: int) -> BatchIndices:
        """Return the images of `step` (counted from 1)."""


class ShuffledBatches(Batches):
    """Every row once an epoch, in an order shuffled anew each epoch; batches run across the border of epochs.

    `batch_size` counts the images of all processes. Raises `ValueError` for no rows.
    """

    def __init__(
        self,
        num_rows: int,
        batch_size: int,
        *,
        seed: int,
        first_step: int,
        last_step: int,
    ) -> None:
        if num_rows < 1:
            raise ValueError("no rows to draw batches from")
        super().__init__(seed=seed, first_step=first_step, last_step=last_step)
        self.num_rows, self.batch_size = num_rows, batch_size
        self._order = lru_cache(maxsize=2)(lambda epoch: shuffled(self.num_rows, self.seed, epoch))

    def at(self, step: int) -> BatchIndices:
        """Return the images of `step` (counted from 1).

        >>> batches = ShuffledBatches(3, 2, seed=0, first_step=1, last_step=3)
        >>> sorted(int(row) for batch in batches for row in batch.rows)
        [0, 0, 1, 1, 2, 2]
        """
        first = (step - 1) * self.batch_size
        positions = np.arange(first, first + self.batch_size)
        epochs, places = np.divmod(positions, self.num_rows)
        rows = np.empty_like(places)
        for epoch in np.unique(epochs):
            rows[epochs == epoch] = self._order(int(epoch))[places[epochs == epoch]]
        return BatchIndices(rows, image_seeds(self.seed, epochs, rows))


class IdentityBatches(Batches):
    """P identities x K images each, as batch-hard triplets need.

    An epoch covers all identities in an order shuffled anew; those that no longer fill a batch wait for the
    next epoch. An identity with fewer than K images repeats some. Raises `ValueError` for fewer than two
    identities.
    """

    def __init__(
        self,
        identities: Sequence[int],
        num_identities: int,
        images_per_identity: int,
        *,
        seed: int,
        first_step: int,
        last_step: int,
    ) -> None:
        rows: dict[int, list[int]] = {}
        for row, identity in enumerate(identities):
            rows.setdefault(identity, []).append(row)
        if len(rows) < 2:
            raise ValueError(f"triplets need at least two identities, not {len(rows)}")
        super().__init__(seed=seed, first_step=first_step, last_step=last_step)
        self._rows = [np.array(rows[identity]) for identity in sorted(rows)]
        self.num_identities = min(num_identities, len(rows))
        self.images_per_identity = images_per_identity
        self._order = lru_cache(maxsize=2)(lambda epoch: shuffled(len(self._rows), self.seed, epoch))

    def at(self, step: int) -> BatchIndices:
        """Return the images of `step` (counted from 1), K of one identity after K of another."""
        epoch, place = divmod(step - 1, len(self._rows) // self.num_identities)
        chosen = self._order(epoch)[place * self.num_identities : (place + 1) * self.num_identities]
        random = np.random.default_rng([self.seed, step])
        count = self.images_per_identity
        rows = np.concatenate(
            [random.choice(self._rows[slot], count, replace=len(self._rows[slot]) < count) for slot in chosen]
        )
        # By place, not by row: an image that is repeated in a batch is augmented twice.
        seeds = image_seeds(self.seed, np.full(rows.shape, step), np.arange(len(rows)))
        return BatchIndices(rows, seeds)


def batches_in_order(num_rows: int, batch_size: int) -> list[BatchIndices]:
    """Return every row once, in the manifest's order, always with the same seeds: for validation."""
    rows = np.arange(num_rows)
    draws = BatchIndices(rows, image_seeds(0, np.zeros_like(rows), rows))
    return [draws.take(slice(first, first + batch_size)) for first in range(0, num_rows, batch_size)]


def shuffled(count: int, seed: int, epoch: int) -> NDArray[np.int64]:
    """Return the numbers below `count` in the order of epoch `epoch`."""
    return np.random.default_rng([seed, epoch]).permutation(count)
