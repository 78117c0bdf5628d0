"""The textbook k-reciprocal re-ranking on dense N x N matrices, as public programs have it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def dense_reranked(
    vectors: NDArray[np.float32], num_queries: int, k1: int = 20, k2: int = 6, original_weight: float = 0.3
) -> NDArray[np.float32]:
    """Final distances (Q, G); `vectors` (N, D) are queries, then gallery. Zhong et al., CVPR 2017."""
    num_images = len(vectors)
    squared = np.square(vectors).sum(axis=1)
    original = squared[:, None] + squared - 2 * (vectors @ vectors.T)
    np.fill_diagonal(original, 0)
    original = np.maximum(original, 0, out=original)
    original /= original.max(axis=1, keepdims=True)
    rank = np.argsort(original, axis=1, kind="stable").astype(np.int32)
    half = int(np.around(k1 / 2))
    weight = np.zeros_like(original)
    for i in range(num_images):
        own = _mutual(rank, i, k1)
        members = own
        for candidate in own:
            other = _mutual(rank, candidate, half)
            if len(np.intersect1d(other, own)) > 2 / 3 * len(other):
                members = np.append(members, other)
        members = np.unique(members)
        gauss = np.exp(-original[i, members])
        weight[i, members] = gauss / gauss.sum()
    if k2 > 1:
        weight = np.stack([weight[rank[i, :k2]].mean(axis=0) for i in range(num_images)])
    holders = [np.flatnonzero(weight[:, i]) for i in range(num_images)]
    jaccard = np.empty((num_queries, num_images), np.float32)
    for i in range(num_queries):
        shared = np.zeros(num_images, np.float32)
        for member in np.flatnonzero(weight[i]):
            rows = holders[member]
            shared[rows] += np.minimum(weight[i, member], weight[rows, member])
        jaccard[i] = 1 - shared / (2 - shared)
    final: NDArray[np.float32] = (1 - original_weight) * jaccard + original_weight * original[:num_queries]
    return final[:, num_queries:]


def _mutual(rank: NDArray[np.int32], image: int, k: int) -> NDArray[np.int32]:
    forward = rank[image, : k + 1]
    mutual: NDArray[np.int32] = forward[(rank[forward, : k + 1] == image).any(axis=1)]
    return mutual
