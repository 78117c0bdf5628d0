"""Query expansion and database-side augmentation: move each feature towards its nearest images.

No label is used, only the gallery itself. All features are of length 1, going in and coming out.

Q queries, G gallery images, K neighbours, D width of a feature.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .errors import InputError
from .workers import chunks

BLOCK_NUMBERS = 16 * 2**20
"""Similarities computed at a time: 64 MiB of float32."""
BLEND_NUMBERS = 2**20
"""Features summed at a time, in double precision: 8 MiB."""


def expand_queries(
    query: NDArray[np.float32], gallery: NDArray[np.float32], *, neighbours: int = 10, alpha: float = 0.0
) -> NDArray[np.float32]:
    """Each query (Q, D) with its nearest images of the gallery (G, D) added, again of length 1.

    A neighbour's weight is its cosine to the power `alpha`, never below 0, the query's own is 1:
    `alpha` 0 is average query expansion (Chum et al., ICCV 2007), 3 the usual choice of alpha
    query expansion (Radenović et al., TPAMI 2019). Raises `InputError` for settings out of range.

    >>> expand_queries(np.array([[1, 0]], "f4"), np.array([[0.6, 0.8]], "f4")).round(3)
    array([[0.894, 0.447]], dtype=float32)
    """
    return _expanded(query, gallery, neighbours, alpha, is_same=False)


def augment_gallery(
    gallery: NDArray[np.float32], *, neighbours: int = 10, alpha: float = 0.0
) -> NDArray[np.float32]:
    """Each gallery image (G, D) with its nearest others added, again of length 1.

    Database-side augmentation (Turcot and Lowe, ICCV Workshops 2009; Arandjelović and Zisserman,
    CVPR 2012); weights and errors as in `expand_queries`. Leave junk out beforehand.
    """
    return _expanded(gallery, gallery, neighbours, alpha, is_same=True)


def most_similar(
    query: NDArray[np.float32], gallery: NDArray[np.float32], count: int, *, is_same: bool = False
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The `count` most similar images (Q, K) of the gallery and their cosines (Q, K), best first.

    Equal cosines stand in the gallery's order. With `is_same` query i is gallery image i, and
    is not its own neighbour. Never holds more than a block of similarities.
    """
    count = min(count, len(gallery) - is_same)
    index = np.empty((len(query), count), np.int64)
    cosine = np.empty((len(query), count), np.float32)
    if not count:
        return index, cosine
    for block in chunks(len(query), max(1, BLOCK_NUMBERS // len(gallery))):
        similarity = query[block] @ gallery.T
        if is_same:
            similarity[np.arange(len(similarity)), np.arange(block.start, block.stop)] = -np.inf
        last = np.partition(similarity, -count, axis=1)[:, -count]
        for i, row, least in zip(range(block.start, block.stop), similarity, last, strict=True):
            near = np.flatnonzero(row >= least)  # more than `count` of them where there are ties
            index[i] = near[np.argsort(-row[near], kind="stable")[:count]]
            cosine[i] = row[index[i]]
    return index, cosine


def _expanded(
    own: NDArray[np.float32], gallery: NDArray[np.float32], neighbours: int, alpha: float, *, is_same: bool
) -> NDArray[np.float32]:
    if neighbours < 1:
        raise InputError(f"neighbours must be at least 1, not {neighbours}")
    if not 0 <= alpha < np.inf:
        raise InputError(f"alpha must be 0 or more, not {alpha}")
    index, cosine = most_similar(own, gallery, neighbours, is_same=is_same)
    weight = np.maximum(cosine, 0).astype(np.float64) ** alpha
    expanded = np.empty_like(own)
    for block in chunks(len(own), max(1, BLEND_NUMBERS // max(1, index.shape[1] * own.shape[1]))):
        total = own[block] + np.einsum("qk,qkd->qd", weight[block], gallery[index[block]])
        length = np.sqrt(np.square(total).sum(axis=1, keepdims=True))
        # Where a feature and its neighbours cancel out no direction is left: it stays as it was.
        expanded[block] = np.where(length > 0, total / np.where(length > 0, length, 1), own[block])
    return expanded
