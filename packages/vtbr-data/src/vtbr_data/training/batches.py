"""Which images a training step reads: pure functions of the seed and the step.

Given the same run seed, step s always holds the same draws, so a run resumes anywhere without keeping state.
Several processes share each batch: the batch is the same however many they are, and each takes its part.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .randomness import Seeds, image_seeds


class Draws(NamedTuple):
    """The images of one batch."""

    rows: NDArray[np.int64]
    """(B,) their rows in the manifest"""
    seeds: Seeds
    """(B,) of everything random that happens to each"""

    def take(self, places: slice) -> Draws:
        """Some of them."""
        return Draws(self.rows[places], self.seeds[places])


@dataclass(frozen=True, slots=True)
class Share:
    """The part of every batch that one process takes: equal runs of places, in the order of ranks."""

    rank: int = 0
    num_ranks: int = 1

    def __post_init__(self) -> None:
        if not 0 <= self.rank < self.num_ranks:
            raise ValueError(f"rank must be from 0 to {self.num_ranks - 1}, not {self.rank}")

    @classmethod
    def of_this_process(cls) -> Share:
        """By torch's default process group; everything where there is none."""
        from torch import distributed

        if not (distributed.is_available() and distributed.is_initialized()):
            return cls()
        return cls(distributed.get_rank(), distributed.get_world_size())

    def places(self, count: int) -> slice:
        """Its places of `count`, which the number of processes must divide."""
        size = count // self.num_ranks
        return slice(self.rank * size, (self.rank + 1) * size)


class ShuffledBatches:
    """Every row once a pass, in an order shuffled anew each pass; batches run across the border of passes.

    `batch_size` counts the images of all processes; `share` is what this one takes. Raises `ValueError` for
    no rows, or a batch that the processes cannot share equally.
    """

    def __init__(
        self,
        num_rows: int,
        batch_size: int,
        *,
        seed: int,
        first_step: int,
        last_step: int,
        share: Share | None = None,
    ) -> None:
        if num_rows < 1:
            raise ValueError("no rows to draw batches from")
        self.num_rows, self.batch_size, self.seed = num_rows, batch_size, seed
        self.first_step, self.last_step = first_step, last_step
        self.share = share or Share()
        if batch_size % self.share.num_ranks:
            raise ValueError(f"a batch of {batch_size} cannot be shared by {self.share.num_ranks} processes")
        self._order = lru_cache(maxsize=2)(lambda turn: shuffled(self.num_rows, self.seed, turn))

    def __len__(self) -> int:
        return max(0, self.last_step - self.first_step + 1)

    def __iter__(self) -> Iterator[Draws]:
        for step in range(self.first_step, self.last_step + 1):
            yield self.at(step)

    def at(self, step: int) -> Draws:
        """This process's draws of `step` (counted from 1).

        >>> batches = ShuffledBatches(3, 2, seed=0, first_step=1, last_step=3)
        >>> sorted(int(row) for draws in batches for row in draws.rows)
        [0, 0, 1, 1, 2, 2]
        """
        first = (step - 1) * self.batch_size
        positions = np.arange(first, first + self.batch_size)[self.share.places(self.batch_size)]
        turns, places = np.divmod(positions, self.num_rows)
        rows = np.empty_like(places)
        for turn in np.unique(turns):
            rows[turns == turn] = self._order(int(turn))[places[turns == turn]]
        return Draws(rows, image_seeds(self.seed, turns, rows))


class IdentityBatches:
    """P identities x K images each, as batch-hard triplets need.

    A pass goes over all identities in an order shuffled anew; those that no longer fill a batch wait for the
    next pass. An identity with fewer than K images repeats some. The processes share the identities of a
    batch. Raises `ValueError` for fewer than two identities, or a number that the processes cannot share
    equally.
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
        share: Share | None = None,
    ) -> None:
        rows: dict[int, list[int]] = {}
        for row, identity in enumerate(identities):
            rows.setdefault(identity, []).append(row)
        if len(rows) < 2:
            raise ValueError(f"triplets need at least two identities, not {len(rows)}")
        self._rows = [np.array(rows[identity]) for identity in sorted(rows)]
        self.num_identities = min(num_identities, len(rows))
        self.images_per_identity, self.seed = images_per_identity, seed
        self.first_step, self.last_step = first_step, last_step
        self.share = share or Share()
        if self.num_identities % self.share.num_ranks:
            raise ValueError(
                f"{self.num_identities} identities cannot be shared by {self.share.num_ranks} processes"
            )
        self._order = lru_cache(maxsize=2)(lambda turn: shuffled(len(self._rows), self.seed, turn))

    def __len__(self) -> int:
        return max(0, self.last_step - self.first_step + 1)

    def __iter__(self) -> Iterator[Draws]:
        for step in range(self.first_step, self.last_step + 1):
            yield self.at(step)

    def at(self, step: int) -> Draws:
        """This process's draws of `step` (counted from 1), K of one identity after K of another."""
        turn, place = divmod(step - 1, len(self._rows) // self.num_identities)
        chosen = self._order(turn)[place * self.num_identities : (place + 1) * self.num_identities]
        random = np.random.default_rng([self.seed, step])
        count = self.images_per_identity
        rows = np.concatenate(
            [random.choice(self._rows[slot], count, replace=len(self._rows[slot]) < count) for slot in chosen]
        )
        # By place, not by row: an image that is repeated in a batch is augmented twice.
        seeds = image_seeds(self.seed, np.full(rows.shape, step), np.arange(len(rows)))
        return Draws(rows, seeds).take(self.share.places(len(rows)))


def draws_in_order(num_rows: int, batch_size: int) -> list[Draws]:
    """Every row once, in the manifest's order, always with the same seeds: for validation."""
    rows = np.arange(num_rows)
    draws = Draws(rows, image_seeds(0, np.zeros_like(rows), rows))
    return [draws.take(slice(first, first + batch_size)) for first in range(0, num_rows, batch_size)]


def shuffled(count: int, seed: int, turn: int) -> NDArray[np.int64]:
    """The numbers below `count` in the order of pass `turn`."""
    return np.random.default_rng([seed, turn]).permutation(count)
