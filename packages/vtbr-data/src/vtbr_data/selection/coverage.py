"""Measures how near the chosen images are to all images."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_SAMPLE = 2000
"""Images whose nearest chosen one is looked for; with fewer there are, all."""
_ROWS = 65_536


def coverage(
    vectors: NDArray[np.float32], chosen: NDArray[np.int64], by_chance: NDArray[np.int64]
) -> dict[str, object]:
    """Return the cosine distance from an image to the nearest chosen one: the largest (radius) and the mean.

    The same of as many images chosen at random is under `by_chance`. Both are over 2,000 images, evenly spaced
    in the manifest.
    """
    sample = vectors[np.unique(np.linspace(0, len(vectors) - 1, _SAMPLE).astype(np.int64))]
    return {
        "sampled": len(sample),
        "chosen": _distances(sample, vectors, chosen),
        "random": _distances(sample, vectors, by_chance),
    }


def _distances(
    sample: NDArray[np.float32], vectors: NDArray[np.float32], chosen: NDArray[np.int64]
) -> dict[str, float]:
    nearest = np.full(len(sample), -np.inf, np.float32)
    for start in range(0, len(chosen), _ROWS):
        block = vectors[chosen[start : start + _ROWS]]
        np.maximum(nearest, (sample @ block.T).max(axis=1), out=nearest)
    distance = np.maximum(1 - nearest.astype(np.float64), 0)
    return {"radius": round(float(distance.max()), 6), "mean": round(float(distance.mean()), 6)}
