"""k-reciprocal re-ranking (Zhong et al., "Re-ranking Person Re-identification with k-reciprocal
Encoding", CVPR 2017), on sparse sets.

The authors' dense program holds several N x N matrices; here an image keeps its nearest
neighbours only, and distances are computed in blocks or for single pairs.

N images, queries first; Q queries, G gallery images, K neighbours, D width of a feature.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from ..progress import Progress
from ..protocol import Rerank
from .neighbours import nearest
from .product import CPU, Product, product_on
from .workers import chunks, in_chunks, in_turn, make_pool

ROWS_A_TASK = 64
PRODUCT_ROWS = 256
"""Queries whose distances to the gallery one thread computes at a time."""

Distances = NDArray[np.float64]
Taken = TypeVar("Taken")


def reranked(
    vectors: NDArray[np.float32], num_queries: int, settings: Rerank, progress: Progress | None = None
) -> Iterator[Distances]:
    """Yield each query's final distances (G,) to the gallery, in [0, 1].

    `vectors` (N, D) are queries, then gallery. Squared Euclidean distances, each row divided by
    its largest; final = lambda original + (1 - lambda) Jaccard. Neighbours are chosen exactly,
    ties by position (see `neighbours.nearest`).
    """
    everyone = np.arange(num_queries)
    return taken_from_reranked(
        vectors, num_queries, settings, everyone, lambda _, row: row, product_on(CPU), progress
    )


def taken_from_reranked(
    vectors: NDArray[np.float32],
    num_queries: int,
    settings: Rerank,
    wanted: NDArray[np.int64],
    take: Callable[[int, Distances], Taken],
    product: Product,
    progress: Progress | None = None,
) -> Iterator[Taken]:
    """Yield what `take` makes of the final distances (G,) of query `wanted[i]`, called with i and them.

    It is called in the threads that compute the distances, so that few rows are held at a time.
    """
    # Moved to their middle, images that are nearly alike keep their digits.
    moved = vectors - vectors.mean(axis=0, dtype=np.float64).astype(np.float32)
    borders = (settings.k1 + 1, _half(settings.k1) + 1, settings.k2)
    neighbour, largest = nearest(vectors, moved, borders, product, progress)
    # Where all images are equal every distance is 0, and stays so.
    largest = np.where(largest > 0, largest, np.float32(1))
    with make_pool() as pool:
        weight = _weights(moved, largest, _expanded_sets(neighbour, settings.k1), pool)
        if settings.k2 > 1:
            weight = _pattern(neighbour[:, : settings.k2], len(vectors), mean=True) @ weight
        gallery_weight = weight[num_queries:].tocsc()

        def final(part: slice) -> list[Taken]:
            query = wanted[part]
            original = squared_distances(moved[query], moved[num_queries:], product)
            original *= settings.original_weight / largest[query, None]
            found = []
            for i, row in enumerate(original):
                entries = slice(weight.indptr[query[i]], weight.indptr[query[i] + 1])
                jaccard = _jaccard(weight.indices[entries], weight.data[entries], gallery_weight)
                jaccard *= 1 - settings.original_weight
                jaccard += row
                found.append(take(part.start + i, jaccard))
            return found

        for part, found in in_turn(pool, final, chunks(len(wanted), PRODUCT_ROWS)):
            yield from found
            if progress:
                progress("re-ranking", part.stop, len(wanted))


def squared_distances(
    a: NDArray[np.float32], b: NDArray[np.float32], product: Product
) -> NDArray[np.float32]:
    """Returns squared Euclidean distances (len(a), len(b)), never below 0."""
    distance = np.empty((len(a), len(b)), np.float32)
    product(a, b, distance)
    distance *= -2
    distance += np.einsum("nd,nd->n", a, a)[:, None]
    distance += np.einsum("nd,nd->n", b, b)
    return np.maximum(distance, 0, out=distance)


def _expanded_sets(neighbour: NDArray[np.int64], k1: int) -> Any:
    """Returns the expanded k-reciprocal neighbours of each image, as the pattern of a sparse (N, N) matrix."""
    mutual = _mutual(neighbour[:, : k1 + 1])
    half = _mutual(neighbour[:, : _half(k1) + 1])
    overlap = (mutual @ half.T).multiply(mutual).tocoo()
    size = np.diff(half.indptr)
    joins = 3 * overlap.data > 2 * size[overlap.col]  # more than two thirds of the candidate's own set
    joining = _sparse(overlap.row[joins], overlap.col[joins], mutual.shape[0])
    return (mutual + joining @ half).tocsr()


def _half(k1: int) -> int:
    return int(np.around(k1 / 2))


def _mutual(neighbour: NDArray[np.int64]) -> Any:
    """Returns the pairs that are among each other's neighbours."""
    pattern = _pattern(neighbour, len(neighbour))
    return pattern.multiply(pattern.T).tocsr()


def _weights(vectors: NDArray[np.float32], largest: NDArray[np.float32], sets: Any, pool: Executor) -> Any:
    """Returns Gaussian weights of each image's set (Zhong et al., equation 7); rows sum to 1."""
    from scipy.sparse import csr_array

    weight = np.empty(sets.nnz)

    def fill(rows: slice) -> None:
        for i in range(rows.start, rows.stop):
            entries = slice(sets.indptr[i], sets.indptr[i + 1])
            difference = vectors[sets.indices[entries]]
            difference -= vectors[i]
            distance = np.einsum("nd,nd->n", difference, difference)
            gauss = np.exp(-distance / largest[i])
            weight[entries] = gauss / gauss.sum()

    in_chunks(pool, fill, len(vectors), ROWS_A_TASK)
    return csr_array((weight, sets.indices, sets.indptr), shape=sets.shape)


def _jaccard(
    member: NDArray[np.int32], weight: NDArray[np.float64], gallery_weight: Any
) -> NDArray[np.float64]:
    """Returns the Jaccard distance (G,) of one image's weighted set to those of the gallery (G, N by columns)."""
    begin = gallery_weight.indptr[member]
    length = gallery_weight.indptr[member + 1] - begin
    # The entries of all columns that the image shares, one column after the other.
    entry = np.arange(length.sum()) + np.repeat(begin - (length.cumsum() - length), length)
    smaller = np.minimum(np.repeat(weight, length), gallery_weight.data[entry])
    shared = np.bincount(gallery_weight.indices[entry], smaller, minlength=gallery_weight.shape[0])
    distance: NDArray[np.float64] = shared / (2 - shared)
    return np.subtract(1, distance, out=distance)


def _pattern(neighbour: NDArray[np.int64], num_images: int, *, mean: bool = False) -> Any:
    count = neighbour.shape[1]
    row = np.repeat(np.arange(num_images), count)
    pattern = _sparse(row, neighbour.ravel(), num_images)
    return pattern / count if mean else pattern


def _sparse(row: NDArray[np.int64], column: NDArray[np.int64], num_images: int) -> Any:
    from scipy.sparse import csr_array

    return csr_array((np.ones(len(row), np.float64), (row, column)), shape=(num_images, num_images))
