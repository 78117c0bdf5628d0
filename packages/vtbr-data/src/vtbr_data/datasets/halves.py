"""Random halves of sets of which no splits are published."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from .dataset import IndexOptions


def first_half(people: Iterable[int], dataset: str, options: IndexOptions) -> set[int]:
    """Return the half of `people` (one less if they are odd) that seed and split index choose for training.

    >>> halves = [first_half(range(1, 5), "viper", IndexOptions(split_index=index)) for index in (0, 1)]
    >>> [len(half) for half in halves]
    [2, 2]
    """
    chosen = shuffled(people, dataset, options)
    return set(chosen[: len(chosen) // 2])


def shuffled(items: Iterable[int], dataset: str, options: IndexOptions) -> list[int]:
    """Return `items` in the order that seed and split index choose.

    By a hash, not by `random`, so that the order is the same in every version of Python.
    """

    def place(item: int) -> bytes:
        return hashlib.sha256(f"{dataset}/{options.seed}/{options.split_index}/{item}".encode()).digest()

    return sorted(set(items), key=place)
