"""In which order images are chosen: at random, or spread out over their vectors.

N images, K width of a vector.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from .alike import MOST, cells
from .spreading import Order, best_representatives, farthest_first

EXACT_PAIRS = 10**10
"""N x choices up to which k-centre compares all images with all chosen ones: with K = 256 some minutes on two
cores."""


def random_keys(paths: Sequence[str], seed: int) -> NDArray[np.uint64]:
    """Return a random number for each path that depends on seed and path alone.

    So the choice does not depend on the order of the rows, and a smaller choice is part of a larger one.
    """
    salt = seed.to_bytes(16, signed=True)
    digests = (
        hashlib.blake2b(path.encode("utf-8", "surrogatepass"), digest_size=8, salt=salt).digest()
        for path in paths
    )
    return np.frombuffer(b"".join(digests), ">u8").astype(np.uint64)


def random_order(keys: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Return all rows, smallest key first."""
    return np.argsort(keys, kind="stable")


def is_exact(method: str, rows: int, number: int) -> bool:
    """Return whether all images are compared with all chosen ones, and not within cells."""
    return rows <= MOST or (method == "k-centre" and rows * number <= EXACT_PAIRS)


def spread_order(
    method: str, vectors: NDArray[np.float32], keys: NDArray[np.uint64], number: int, *, seed: int
) -> NDArray[np.int64]:
    """Return at least the first `number` rows by `k-centre` or `facility-location`.

    Many rows are split into cells and ordered in each; the cells' orders are merged by what each choice was
    worth. For facility location this is the greedy order of the sum within cells; for k-centre a bound on the
    distance within each cell, which holds for the whole.
    """
    if is_exact(method, len(vectors), number):
        return _one(method, vectors, keys, number)[0]
    rows, worth = zip(*_by_cell(method, vectors, keys, number, seed), strict=True)
    flat = np.concatenate(rows)
    # Equal worth: by key, so that no cell comes before another.
    return flat[np.lexsort((keys[flat], -np.concatenate(worth)))]


def _by_cell(
    method: str, vectors: NDArray[np.float32], keys: NDArray[np.uint64], number: int, seed: int
) -> Iterator[Order]:
    for cell in cells(vectors, seed=seed):
        order, worth = _one(method, vectors[cell], keys[cell], min(number, len(cell)))
        yield cell[order], worth


def _one(method: str, vectors: NDArray[np.float32], keys: NDArray[np.uint64], number: int) -> Order:
    if method == "k-centre":
        return farthest_first(vectors, int(np.argmin(keys)), number)
    return best_representatives(vectors, number)


def balanced(order: NDArray[np.int64], group: NDArray[np.int64], number: int) -> NDArray[np.int64]:
    """Return `number` rows with as equal a number from each group as there are, each group's first in `order`
    first.

    >>> balanced(np.array([3, 0, 1, 2]), np.array([0, 0, 0, 1]), 2).tolist()
    [3, 0]
    """
    groups = group[order]
    by_group = np.argsort(groups, kind="stable")
    starts = np.flatnonzero(np.diff(groups[by_group], prepend=-1))
    turn = np.empty(len(order), np.int64)
    turn[by_group] = np.arange(len(order)) - np.repeat(starts, np.diff(starts, append=len(order)))
    return order[np.argsort(turn, kind="stable")[:number]]
