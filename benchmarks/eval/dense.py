"""The textbook k-reciprocal re-ranking on dense N x N matrices, step by step as the programs that people run.

As there: three tables of distances joined to one, every row sorted whole, an N x N matrix of weights and
another of their means, sets found image by image with numpy's calls. Distances are Euclidean, then squared.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def dense_reranked(
    vectors: NDArray[np.float32], num_queries: int, k1: int = 20, k2: int = 6, original_weight: float = 0.3
) -> NDArray[np.float32]:
    """Return final distances (Q, G); `vectors` (N, D) are queries, then gallery. Zhong et al., CVPR 2017."""
    query, gallery = vectors[:num_queries], vectors[num_queries:]
    across = _euclidean(query, gallery)
    top = np.concatenate([_euclidean(query, query), across], axis=1)
    bottom = np.concatenate([across.T, _euclidean(gallery, gallery)], axis=1)
    original = np.square(np.concatenate([top, bottom], axis=0))
    original = (original / original.max(axis=0)).T
    num_images = len(original)
    rank = np.argsort(original).astype(np.int32)
    weight = np.zeros_like(original)
    for i in range(num_images):
        own = _mutual(rank, i, k1)
        members = own
        for candidate in own:
            other = _mutual(rank, candidate, int(np.around(k1 / 2)))
            if len(np.intersect1d(other, own)) > 2 / 3 * len(other):
                members = np.append(members, other)
        members = np.unique(members)
        gauss = np.exp(-original[i, members])
        weight[i, members] = gauss / gauss.sum()
    original = original[:num_queries]
    if k2 > 1:
        mean = np.zeros_like(weight)
        for i in range(num_images):
            mean[i] = weight[rank[i, :k2]].mean(axis=0)
        weight = mean
    holders = [np.where(weight[:, i] != 0)[0] for i in range(num_images)]
    jaccard = np.zeros_like(original)
    for i in range(num_queries):
        shared = np.zeros(num_images, np.float32)
        for member in np.where(weight[i] != 0)[0]:
            rows = holders[member]
            shared[rows] += np.minimum(weight[i, member], weight[rows, member])
        jaccard[i] = 1 - shared / (2 - shared)
    final: NDArray[np.float32] = (1 - original_weight) * jaccard + original_weight * original
    return final[:, num_queries:]


def _euclidean(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
    squared = np.square(a).sum(axis=1)[:, None] + np.square(b).sum(axis=1) - 2 * (a @ b.T)
    distance: NDArray[np.float32] = np.sqrt(np.maximum(squared, 0))
    return distance


def _mutual(rank: NDArray[np.int32], image: int, k: int) -> NDArray[np.int32]:
    forward = rank[image, : k + 1]
    backward = rank[forward, : k + 1]
    mutual: NDArray[np.int32] = forward[np.where(backward == image)[0]]
    return mutual
