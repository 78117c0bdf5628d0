"""Several query images of one person by one camera as one query.

N images, D width of a feature.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from .errors import InputError
from .features import DISTRACTOR, QUERY, FeatureTable, PathList
from .protocol import Protocol


def merged_queries(table: FeatureTable, protocol: Protocol) -> FeatureTable:
    """Returns the table with the queries of each person and camera averaged to one, called as the first of them.

    Under cosine distance each feature is divided by its length before. Junk and distractor queries
    stay as they are. Holds the features in memory. Raises `InputError` for a protocol without cameras.

    >>> table = FeatureTable.of(
    ...     [[1, 0], [0, 1], [1, 1]], identity=[1, 1, 1], camera=[1, 1, 2], split=[0, 0, 1])
    >>> merged_queries(table, Protocol(multi_query=True)).features.tolist()
    [[0.5, 0.5], [1.0, 1.0]]
    """
    if not protocol.cross_camera:
        raise InputError("multi-query joins the queries of one camera: it needs a protocol with cameras")
    rows = np.flatnonzero((table.split == QUERY) & (table.identity > DISTRACTOR))
    if not rows.size:
        return table
    key = np.stack([table.identity[rows], table.camera[rows]], axis=1)
    _, first, group = np.unique(key, axis=0, return_index=True, return_inverse=True)
    group = group.reshape(-1)
    mean = np.zeros((len(first), table.features.shape[1]))
    np.add.at(mean, group, _vectors(table, rows, protocol))
    mean /= np.bincount(group)[:, None]
    kept = np.ones(len(table), bool)
    kept[rows] = False
    kept[rows[first]] = True
    features = np.array(table.features, np.float32)
    features[rows[first]] = mean
    return replace(
        table,
        features=features[kept],
        identity=table.identity[kept],
        camera=table.camera[kept],
        split=table.split[kept],
        path=PathList.of(table.path[row] for row in np.flatnonzero(kept).tolist()),
    )


def _vectors(table: FeatureTable, rows: NDArray[np.int64], protocol: Protocol) -> NDArray[np.float64]:
    vectors = table.features[rows].astype(np.float64)
    if protocol.distance == "euclidean":
        return vectors
    length = np.sqrt(np.square(vectors).sum(axis=1, keepdims=True))
    # A feature of zeros is refused when distances are measured, if it is still a query of its own.
    np.divide(vectors, length, out=vectors, where=length > 0)
    return vectors
