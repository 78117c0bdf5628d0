"""Two greedy orders that spread a choice over vectors: k-centre and facility location.

k-centre takes the image farthest from all chosen ones (Gonzalez 1985): the largest distance from any image
to its nearest chosen one is at most twice the best possible. Facility location (Lin and Bilmes 2011) raises
the sum over all images of the similarity to the most similar chosen one, to at least 63 % of the best sum
(Nemhauser et al. 1978).
N vectors, K their width.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .alike import MOST

_CANDIDATES = 1024
_PICKS = 512  # a pass over all vectors: enough for the product to run at full speed
_ROWS = 65_536

Order = tuple[NDArray[np.int64], NDArray[np.float32]]
"""Rows in the order of choice, and what each was worth then, never rising."""


def farthest_first(vectors: NDArray[np.float32], first: int, number: int) -> Order:
    """Return the first `number` rows of the greedy order that starts at row `first`, each with its cosine
    distance to those before it (of the first: 2, the largest there is).

    The order is that of the textbook, which passes over all vectors for each choice; here many choices share
    a pass: only the farthest candidates are kept exact, as long as the best of them is still farther than
    every row outside, whose distances can only have shrunk.
    """
    nearest = vectors @ vectors[first]
    nearest[first] = np.inf
    order, worth = [first], [2.0]
    while len(order) < number:
        candidates, outside = _least(nearest)
        picks, similarity = _pick(vectors[candidates], nearest[candidates], outside, number - len(order))
        chosen = candidates[picks]
        order += chosen.tolist()
        worth += (1 - similarity).tolist()
        if len(order) < number:
            _update(nearest, vectors, chosen)
            nearest[chosen] = np.inf
    # Rounding in float32 may lift a later distance above an earlier one by a hair.
    return np.array(order, np.int64), np.minimum.accumulate(np.array(worth, np.float32))


def _least(nearest: NDArray[np.float32]) -> tuple[NDArray[np.int64], float]:
    """Return rows with the smallest similarity to the chosen ones, ascending, and the smallest of all others."""
    if len(nearest) <= MOST:
        return np.arange(len(nearest)), np.inf
    split = np.argpartition(nearest, _CANDIDATES)
    return np.sort(split[:_CANDIDATES]), float(nearest[split[_CANDIDATES]])


def _pick(
    vectors: NDArray[np.float32], nearest: NDArray[np.float32], outside: float, number: int
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    among = vectors @ vectors.T
    most = number if outside == np.inf else min(number, _PICKS)
    picks: list[int] = []
    found: list[float] = []
    while len(picks) < most:
        pick = int(np.argmin(nearest))
        if picks and nearest[pick] >= outside:
            break
        picks.append(pick)
        found.append(float(nearest[pick]))
        np.maximum(nearest, among[pick], out=nearest)
        nearest[pick] = np.inf
    return np.array(picks, np.int64), np.array(found, np.float32)


def _update(nearest: NDArray[np.float32], vectors: NDArray[np.float32], chosen: NDArray[np.int64]) -> None:
    centres = np.ascontiguousarray(vectors[chosen].T)
    for start in range(0, len(vectors), _ROWS):
        block = nearest[start : start + _ROWS]
        np.maximum(block, (vectors[start : start + _ROWS] @ centres).max(axis=1), out=block)


_TOGETHER = 16  # gains looked at again at once


def best_representatives(vectors: NDArray[np.float32], number: int) -> Order:
    """Return the first `number` rows of the greedy order, each with what it adds to the sum; holds all N x N
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
