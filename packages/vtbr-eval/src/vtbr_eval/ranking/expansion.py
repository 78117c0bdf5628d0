"""Query expansion and database-side augmentation: move each feature towards its nearest images.

No label is used, only the gallery itself. All features are of length 1, going in and coming out.

Q queries, G gallery images, K neighbours, D width of a feature.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..features import GALLERY, JUNK, QUERY, FeatureTable
from ..multi_query import merged_queries
from ..pairing import Integers
from ..protocol import Expansion, Protocol
from .lists import NearestLists
from .scan import Marked, scan_pairs
from .space import Space
from .workers import chunks

BLEND_NUMBERS = 2**20
"""Features summed at a time, in double precision: 8 MiB."""


def prepared(table: FeatureTable, protocol: Protocol) -> FeatureTable:
    """Returns the table as `protocol` compares it: queries merged, features expanded, or the table itself."""
    if protocol.multi_query:
        table = merged_queries(table, protocol)
    return expanded(table, protocol.expansion) if protocol.expansion else table


def expanded(table: FeatureTable, settings: Expansion) -> FeatureTable:
    """Returns the table with its features moved towards their nearest images.

    A feature becomes the sum of itself and its nearest gallery images, each weighted by its cosine
    to the power `alpha` but never below 0, again of length 1. First each gallery image takes in its
    nearest others (database-side augmentation: Turcot and Lowe, ICCV Workshops 2009; Arandjelović
    and Zisserman, CVPR 2012), then each query its nearest images of that gallery: with `alpha` 0
    average query expansion (Chum et al., ICCV 2007), with 3, the usual choice, alpha query
    expansion (Radenović et al., TPAMI 2019). Junk and the split train are nobody's neighbours and
    stay as they are. Holds the features in memory.

    >>> from vtbr_eval import Expansion
    >>> table = FeatureTable.of([[1, 0], [0.6, 0.8]], identity=[1, 1], camera=[1, 2], split=[0, 1])
    >>> moved = expanded(table, Expansion(query_neighbours=1))
    >>> moved.features[0].round(3)
    array([0.894, 0.447], dtype=float32)
    """
    space = Space(table, "cosine")
    features = np.array(table.features, np.float32)
    gallery = np.flatnonzero((table.split == GALLERY) & (table.identity != JUNK))
    query = np.flatnonzero((table.split == QUERY) & (table.identity != JUNK))
    features[gallery] = space.vectors(gallery)
    if settings.gallery_neighbours:
        features[gallery] = _moved(space, gallery, gallery, settings.gallery_neighbours, settings.alpha)
    if settings.query_neighbours and len(gallery):
        features[query] = space.vectors(query)
        unmoved = Space(replace(table, features=features), "cosine")
        features[query] = _moved(unmoved, query, gallery, settings.query_neighbours, settings.alpha)
    return replace(table, features=features)


def _moved(
    space: Space, own: Integers, gallery: Integers, neighbours: int, alpha: float
) -> NDArray[np.floating]:
    """Returns the images `own` (rows of the table), each with its nearest images of `gallery` added."""
    count = min(neighbours, len(gallery) - (own is gallery))
    if not count:
        return space.vectors(own)
    moved = np.empty((len(own), space.table.features.shape[1]), np.float32)
    done = 0
    for position, cosine in _most_similar(space, own, gallery, count):
        moved[done : done + len(position)] = _blended(
            space.vectors(own[done : done + len(position)]),
            space.vectors(gallery[position.ravel()]).reshape(*position.shape, -1),
            np.maximum(cosine, 0) ** alpha,
        )
        done += len(position)
    return moved


def _most_similar(
    space: Space, own: Integers, gallery: Integers, count: int
) -> Iterator[tuple[Integers, NDArray[np.float64]]]:
    """Yields positions (q, K) and cosines of the most similar gallery images, some queries at a time.

    An image is not its own neighbour; equal cosines are ordered by position.
    """
    rows = max(1, BLEND_NUMBERS // (count * space.table.features.shape[1]))
    for batch in scan_pairs(space, own, gallery, doing="expanding"):
        itself = Marked([np.array([i]) for i in range(batch.rows.start, batch.rows.stop)])
        lists = NearestLists(batch, count, itself if own is gallery else None)
        batch.visit(lists.take)
        decided = list(lists.decided())
        for part in chunks(len(decided), rows):
            positions, cosines = zip(*decided[part], strict=True)
            yield np.stack(positions), np.stack(cosines)


def _blended(
    own: NDArray[np.float32], neighbours: NDArray[np.float32], weight: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Returns the features (q, D) with their neighbours (q, K, D) added by weight, of length 1."""
    total = own + np.einsum("qk,qkd->qd", weight, neighbours)
    length = np.sqrt(np.square(total).sum(axis=1, keepdims=True))
    # Where a feature and its neighbours cancel out no direction is left: it stays as it was.
    blended: NDArray[np.float32] = np.where(length > 0, total / np.where(length > 0, length, 1), own)
    return blended
