"""k-reciprocal re-ranking (Zhong et al., "Re-ranking Person Re-identification with k-reciprocal
Encoding", CVPR 2017), on sparse sets.

The authors' dense program holds several N x N matrices; here an image keeps its nearest
neighbours only, and distances are computed in blocks or for single pairs.

N images, queries first; Q queries, G gallery images, K neighbours, D width of a feature.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .protocol import Rerank
from .ranking import Progress

BLOCK_NUMBERS = 16 * 2**20
"""Distances computed at a time: 64 MiB of float32."""


def reranked(
    vectors: NDArray[np.float32], num_queries: int, settings: Rerank, progress: Progress | None = None
) -> Iterator[NDArray[np.float64]]:
    """Yield each query's final distances (G,) to the gallery, in [0, 1].

    `vectors` (N, D) are queries, then gallery. Squared Euclidean distances, each row divided by
    its largest; final = lambda original + (1 - lambda) Jaccard. Ties among neighbours are broken
    by position.
    """
    neighbour, largest = _neighbours(vectors, max(settings.k1 + 1, settings.k2), progress)
    weight = _weights(vectors, largest, _expanded_sets(neighbour, settings.k1))
    if settings.k2 > 1:
        weight = _pattern(neighbour[:, : settings.k2], len(vectors), mean=True) @ weight
    gallery_weight = weight[num_queries:].tocsc()
    gallery = vectors[num_queries:]
    rows = max(1, BLOCK_NUMBERS // len(vectors))
    for start in range(0, num_queries, rows):
        block = slice(start, min(start + rows, num_queries))
        original = squared_distances(vectors[block], gallery) / largest[block, None]
        for i, row in zip(range(block.start, block.stop), original, strict=True):
            entries = slice(weight.indptr[i], weight.indptr[i + 1])
            jaccard = _jaccard(weight.indices[entries], weight.data[entries], gallery_weight)
            yield settings.original_weight * row + (1 - settings.original_weight) * jaccard
        if progress:
            progress("re-ranking", block.stop, num_queries)


def squared_distances(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
    """Squared Euclidean distances (len(a), len(b)), never below 0."""
    distance: NDArray[np.float32] = a @ b.T
    distance *= -2
    distance += np.square(a).sum(axis=1)[:, None]
    distance += np.square(b).sum(axis=1)
    return np.maximum(distance, 0, out=distance)


def _neighbours(
    vectors: NDArray[np.float32], count: int, progress: Progress | None
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The nearest images (N, K) of each image, itself included, and its largest distance (N,)."""
    num_images = len(vectors)
    count = min(count, num_images)
    neighbour = np.empty((num_images, count), np.int64)
    largest = np.empty(num_images, np.float32)
    rows = max(1, BLOCK_NUMBERS // num_images)
    for start in range(0, num_images, rows):
        stop = min(start + rows, num_images)
        distance = squared_distances(vectors[start:stop], vectors)
        distance[np.arange(stop - start), np.arange(start, stop)] = 0
        largest[start:stop] = distance.max(axis=1)
        for i, row in zip(range(start, stop), distance, strict=True):
            farthest = np.partition(row, count - 1)[count - 1]
            near = np.flatnonzero(row <= farthest)  # more than `count` of them where there are ties
            neighbour[i] = near[np.argsort(row[near], kind="stable")[:count]]
        if progress:
            progress("finding neighbours", stop, num_images)
    # Where all images are equal every distance is 0, and stays so.
    return neighbour, np.where(largest > 0, largest, np.float32(1))


def _expanded_sets(neighbour: NDArray[np.int64], k1: int) -> Any:
    """The expanded k-reciprocal neighbours of each image, as the pattern of a sparse (N, N) matrix."""
    mutual = _mutual(neighbour[:, : k1 + 1])
    half = _mutual(neighbour[:, : int(np.around(k1 / 2)) + 1])
    overlap = (mutual @ half.T).multiply(mutual).tocoo()
    size = np.diff(half.indptr)
    joins = 3 * overlap.data > 2 * size[overlap.col]  # more than two thirds of the candidate's own set
    joining = _sparse(overlap.row[joins], overlap.col[joins], mutual.shape[0])
    return (mutual + joining @ half).tocsr()


def _mutual(neighbour: NDArray[np.int64]) -> Any:
    """The pairs that are among each other's neighbours."""
    pattern = _pattern(neighbour, len(neighbour))
    return pattern.multiply(pattern.T).tocsr()


def _weights(vectors: NDArray[np.float32], largest: NDArray[np.float32], sets: Any) -> Any:
    """Gaussian weights of each image's set (Zhong et al., equation 7); rows sum to 1."""
    from scipy.sparse import csr_array

    row = np.repeat(np.arange(len(vectors)), np.diff(sets.indptr))
    weight = np.empty(sets.nnz)
    pairs = max(1, BLOCK_NUMBERS // vectors.shape[1])
    for start in range(0, sets.nnz, pairs):
        block = slice(start, start + pairs)
        i, j = row[block], sets.indices[block]
        distance = np.square(vectors[i] - vectors[j]).sum(axis=1)
        weight[block] = np.exp(-distance / largest[i])
    total = np.bincount(row, weight, minlength=len(vectors))
    return csr_array((weight / total[row], sets.indices, sets.indptr), shape=sets.shape)


def _jaccard(
    member: NDArray[np.int32], weight: NDArray[np.float64], gallery_weight: Any
) -> NDArray[np.float64]:
    """Jaccard distance (G,) of one image's weighted set to those of the gallery (G, N by columns)."""
    begin = gallery_weight.indptr[member]
    length = gallery_weight.indptr[member + 1] - begin
    # The entries of all columns that the image shares, one column after the other.
    entry = np.arange(length.sum()) + np.repeat(begin - (length.cumsum() - length), length)
    smaller = np.minimum(np.repeat(weight, length), gallery_weight.data[entry])
    shared = np.bincount(gallery_weight.indices[entry], smaller, minlength=gallery_weight.shape[0])
    return 1 - shared / (2 - shared)


def _pattern(neighbour: NDArray[np.int64], num_images: int, *, mean: bool = False) -> Any:
    count = neighbour.shape[1]
    row = np.repeat(np.arange(num_images), count)
    pattern = _sparse(row, neighbour.ravel(), num_images)
    return pattern / count if mean else pattern


def _sparse(row: NDArray[np.int64], column: NDArray[np.int64], num_images: int) -> Any:
    from scipy.sparse import csr_array

    return csr_array((np.ones(len(row), np.float64), (row, column)), shape=(num_images, num_images))
