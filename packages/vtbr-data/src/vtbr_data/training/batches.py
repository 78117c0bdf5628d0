"""Which images a training step reads: pure functions of the seed and the step.

A batch is a list of draws `(row, seed)`: the row of the manifest, and the seed of everything random that
happens to the image. Given the same run seed, step s always holds the same draws, so a run resumes anywhere
without keeping state.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Draw = tuple[int, int]


class ShuffledBatches:
    """Every row once a pass, in an order shuffled anew each pass; batches run across the border of passes."""

    def __init__(self, num_rows: int, batch_size: int, *, seed: int, first_step: int, last_step: int) -> None:
        if num_rows < 1:
            raise ValueError("no rows to draw batches from")
        self.num_rows, self.batch_size, self.seed = num_rows, batch_size, seed
        self.first_step, self.last_step = first_step, last_step
        self._order = lru_cache(maxsize=2)(lambda turn: _shuffled(self.num_rows, self.seed, turn))

    def __len__(self) -> int:
        return max(0, self.last_step - self.first_step + 1)

    def __iter__(self) -> Iterator[list[Draw]]:
        for step in range(self.first_step, self.last_step + 1):
            yield self.at(step)

    def at(self, step: int) -> list[Draw]:
        """The draws of `step` (counted from 1).

        >>> batches = ShuffledBatches(3, 2, seed=0, first_step=1, last_step=3)
        >>> sorted(row for step in (1, 2, 3) for row, _ in batches.at(step))
        [0, 0, 1, 1, 2, 2]
        """
        first = (step - 1) * self.batch_size
        draws = []
        for position in range(first, first + self.batch_size):
            turn, place = divmod(position, self.num_rows)
            draws.append((int(self._order(turn)[place]), draw_seed(self.seed, position)))
        return draws


class IdentityBatches:
    """P identities x K images each, as batch-hard triplets need.

    A pass goes over all identities in an order shuffled anew; those that no longer fill a batch wait for the
    next pass. An identity with fewer than K images repeats some. Raises `ValueError` for fewer than two
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
        self._rows = [np.array(rows[identity]) for identity in sorted(rows)]
        self.num_identities = min(num_identities, len(rows))
        self.images_per_identity, self.seed = images_per_identity, seed
        self.first_step, self.last_step = first_step, last_step
        self._order = lru_cache(maxsize=2)(lambda turn: _shuffled(len(self._rows), self.seed, turn))

    def __len__(self) -> int:
        return max(0, self.last_step - self.first_step + 1)

    def __iter__(self) -> Iterator[list[Draw]]:
        for step in range(self.first_step, self.last_step + 1):
            yield self.at(step)

    def at(self, step: int) -> list[Draw]:
        """The draws of `step` (counted from 1), K of one identity after K of another."""
        turn, place = divmod(step - 1, len(self._rows) // self.num_identities)
        chosen = self._order(turn)[place * self.num_identities : (place + 1) * self.num_identities]
        random = np.random.default_rng([self.seed, step])
        draws: list[Draw] = []
        for slot in chosen:
            rows = self._rows[slot]
            takes = random.choice(
                rows, self.images_per_identity, replace=len(rows) < self.images_per_identity
            )
            position = (step - 1) * self.num_identities * self.images_per_identity + len(draws)
            draws += [(int(row), draw_seed(self.seed, position + number)) for number, row in enumerate(takes)]
        return draws


def draw_seed(seed: int, position: int) -> int:
    """The seed of the randomness of the image drawn at `position` of a run, in [0, 2^63)."""
    return int(np.random.SeedSequence([seed, position]).generate_state(1, np.uint64)[0] >> np.uint64(1))


def _shuffled(count: int, seed: int, turn: int) -> NDArray[np.int64]:
    return np.random.default_rng([seed, turn]).permutation(count)
