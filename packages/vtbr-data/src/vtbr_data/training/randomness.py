"""Random numbers that are a function of (seed, pass, image), whatever else is asked for.

An image drawn in a run has a seed of its own; everything random that happens to it is a number in one of the
columns of that seed. The mixing function is SplitMix64's (Steele, Lea, Flood, "Fast splittable pseudorandom
number generators", OOPSLA 2014), computed for a whole batch at once.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Seeds = NDArray[np.uint64]
"""(B,), one for each image of a batch."""

# The first column of each decision; what needs several numbers takes the columns that follow.
CAPTION, MIRROR, WORD, JITTER, SHIFT, ERASE, CROP, RESIZE = 0, 1, 2, 8, 16, 24, 64, 96

_GAMMA = np.uint64(0x9E3779B97F4A7C15)


def image_seeds(seed: int, epochs: NDArray[np.int64], rows: NDArray[np.int64]) -> Seeds:
    """Return the seeds (B,) of images: each depends on the run's seed, the pass and the row, on nothing else."""
    state = np.full(epochs.shape, seed, np.uint64)
    for part in (epochs, rows):
        state = _mixed(state + _GAMMA) ^ part.astype(np.uint64)
    return _mixed(state + _GAMMA)


def uniforms(seeds: Seeds, first_column: int, count: int) -> NDArray[np.float64]:
    """Return numbers in [0, 1), (B, count): row b depends on `seeds[b]` and the columns alone.

    >>> both, one = np.array([7, 8], np.uint64), np.array([8], np.uint64)
    >>> bool((uniforms(both, 0, 3)[1] == uniforms(one, 0, 3)[0]).all())
    True
    """
    columns = np.arange(first_column + 1, first_column + count + 1, dtype=np.uint64)
    bits = _mixed(seeds[:, None] + columns * _GAMMA)
    return (bits >> np.uint64(11)).astype(np.float64) * 2.0**-53


def _mixed(state: NDArray[np.uint64]) -> NDArray[np.uint64]:
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state ^ (state >> np.uint64(31))
