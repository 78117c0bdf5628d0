"""Facility location: the images that together stand best for all (Lin and Bilmes 2011).

Chosen greedily to raise the sum over all images of the similarity to the most similar chosen one, which
reaches at least 63 % of the best sum (Nemhauser et al. 1978). N vectors, K their width.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .farthest import Order

_TOGETHER = 16  # gains looked at again at once


def best_representatives(vectors: NDArray[np.float32], number: int) -> Order:
    """The first `number` rows of the greedy order, each with what it adds to the sum; holds all N x N
    similarities (negative ones as 0).

    Lazy (Minoux 1978): gains only shrink, so a gain that is up to date and above all old gains is the
    largest.
    """
    similarity = np.maximum(vectors @ vectors.T, 0)
    covered = np.zeros(len(vectors), np.float32)
    gain = similarity.sum(axis=1)
    age = np.zeros(len(vectors), np.int64)
    order: list[int] = []
    worth: list[float] = []
    while len(order) < number:
        row = int(np.argmax(gain))
        if age[row] == len(order):
            order.append(row)
            worth.append(float(gain[row]))
            np.maximum(covered, similarity[row], out=covered)
            gain[row] = -np.inf
            continue
        stale = _largest(gain)
        gain[stale] = np.maximum(similarity[stale] - covered, 0).sum(axis=1)
        age[stale] = len(order)
        gain[order] = -np.inf
    return np.array(order, np.int64), np.minimum.accumulate(np.array(worth, np.float32))


def _largest(gain: NDArray[np.float32]) -> NDArray[np.int64]:
    if len(gain) <= _TOGETHER:
        return np.arange(len(gain))
    return np.argpartition(gain, -_TOGETHER)[-_TOGETHER:]
