"""Features that overlap as those of real networks do: people are clusters, cameras shift them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vtbr_eval.features import FeatureTable

CAMERAS = 6
NOISE = 1.1
"""Spread within a person over that between people: a cosine mAP of 0.8 at the size of Market-1501."""
BLOCK_ROWS = 4096


def spectrum(width: int) -> NDArray[np.float32]:
    """Return the falling energy of the dimensions: some hundred of them carry most of a Re-ID feature."""
    return ((1 + np.arange(width) / 16) ** -0.75).astype(np.float32)


def clusters(
    num_query: int, num_gallery: int, width: int, *, num_people: int, seed: int = 0, file: Path | None = None
) -> FeatureTable:
    """Return queries, then gallery, of `num_people` people; with `file` the features lie in a mapped file."""
    random = np.random.default_rng(seed)
    total = num_query + num_gallery
    identity = np.concatenate(
        [
            np.sort(random.integers(1, num_people + 1, num_query)),
            np.sort(random.integers(1, num_people + 1, num_gallery)),
        ]
    )
    camera = random.integers(1, CAMERAS + 1, total)
    scale = spectrum(width)
    centre = random.standard_normal((num_people + 1, width), dtype=np.float32) * scale
    shift = random.standard_normal((CAMERAS + 1, width), dtype=np.float32) * (0.5 * scale)
    features: NDArray[np.float32]
    features = (
        np.memmap(file, np.float32, "w+", shape=(total, width))
        if file
        else np.empty((total, width), np.float32)
    )
    for start in range(0, total, BLOCK_ROWS):
        part = slice(start, min(start + BLOCK_ROWS, total))
        noise = random.standard_normal((part.stop - start, width), dtype=np.float32)
        noise *= NOISE * scale
        features[part] = noise + centre[identity[part]] + shift[camera[part]]
    split = np.arange(total) >= num_query
    return FeatureTable.of(features, identity=identity, camera=camera, split=split)
