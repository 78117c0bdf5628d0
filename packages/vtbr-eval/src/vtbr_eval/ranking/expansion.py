"""Query expansion and database-side augmentation: move each feature towards its nearest images.

No label is used, only the gallery itself. All features are of length 1, going in and coming out.

Q queries, G gallery images, K neighbours, D width of a feature.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..features import GALLERY, QUERY, FeatureTable
from ..pairing import JUNK
from ..protocol import Protocol
from .space import Space
from .workers import chunks, in_chunks, make_pool, num_threads

BLOCK_NUMBERS = 16 * 2**20
"""Similarities computed at a time: 64 MiB of float32."""
BLEND_NUMBERS = 2**20
"""Features summed at a time, in double precision: 8 MiB."""


def expanded(table: FeatureTable, protocol: Protocol) -> FeatureTable:
    """The table with the features that `protocol.expansion` makes of it; without one, the table itself.

    The gallery is augmented first, and queries search in the augmented one. Junk and the split
    train are nobody's neighbours and stay as they are. Holds the features in memory.

    >>> from vtbr_eval import Expansion
    >>> table = FeatureTable.of([[1, 0], [0.6, 0.8]], identity=[1, 1], camera=[1, 2], split=[0, 1])
    >>> moved = expanded(table, Protocol(expansion=Expansion(query_neighbours=1)))
    >>> moved.features[0].round(3)
    array([0.894, 0.447], dtype=float32)
    """
    if not protocol.expansion:
        return table
    settings = protocol.expansion
    space = Space(table, "cosine")
    features = np.array(table.features, np.float32)
    gallery = np.flatnonzero((table.split == GALLERY) & (table.identity != JUNK))
    query = np.flatnonzero((table.split == QUERY) & (table.identity != JUNK))
    images = space.points(gallery).vector
    if settings.gallery_neighbours:
        images = augment_gallery(images, neighbours=settings.gallery_neighbours, alpha=settings.alpha)
    features[gallery] = images
    if settings.query_neighbours and len(gallery):
        features[query] = expand_queries(
            space.points(query).vector, images, neighbours=settings.query_neighbours, alpha=settings.alpha
        )
    return replace(table, features=features)


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

    def search(block: slice) -> None:
        similarity = query[block] @ gallery.T
        if is_same:
            similarity[np.arange(len(similarity)), np.arange(block.start, block.stop)] = -np.inf
        last = np.partition(similarity, -count, axis=1)[:, -count]
        for i, row, least in zip(range(block.start, block.stop), similarity, last, strict=True):
            near = np.flatnonzero(row >= least)  # more than `count` of them where there are ties
            index[i] = near[np.argsort(-row[near], kind="stable")[:count]]
            cosine[i] = row[index[i]]

    with make_pool() as pool:
        in_chunks(pool, search, len(query), max(1, BLOCK_NUMBERS // num_threads() // len(gallery)))
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
