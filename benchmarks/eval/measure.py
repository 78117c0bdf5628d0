"""What is measured of vtbr-eval: each function is called in a process of its own, on a features file.

`floor` is the blocked float32 product of queries and gallery alone, `floor_rerank` that of all images with
all images; `reid` and `rerank` are what a user's program would call.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vtbr_eval import FeatureTable, Protocol, Rerank, evaluate, read_features, write_features
from vtbr_eval.features import GALLERY, QUERY

from ..measuring import clock, peak_mib
from .synthetic import clusters

QUERY_ROWS, GALLERY_ROWS = 4096, 8192
PRODUCT_FLOPS = 2e12
"""Of larger products as many rows as this is enough for are timed, and the time of all taken from theirs."""
Found = dict[str, float]


def make(file: str, num_query: int, num_gallery: int, width: int, num_people: int) -> bool:
    """Write a features file of these sizes."""
    target = Path(file)
    scratch = target.with_suffix(".raw")
    write_features(clusters(num_query, num_gallery, width, num_people=num_people, file=scratch), target)
    scratch.unlink()
    return True


def floor(file: str) -> Found:
    """Time queries times gallery."""
    return _on(
        file,
        lambda table: _product(table.features[table.split == QUERY], table.features[table.split == GALLERY]),
    )


def floor_rerank(file: str) -> Found:
    """Time all images times all images, symmetry not used."""
    return _on(file, lambda table: _product(table.features, table.features))


def reid(file: str) -> Found:
    """Scores without re-ranking."""
    return _on(file, lambda table: _evaluated(table, Protocol()))


def rerank(file: str) -> Found:
    """Scores with re-ranking."""
    return _on(file, lambda table: _evaluated(table, Protocol(rerank=Rerank())))


def dense(file: str) -> Found:
    """Time the textbook on dense matrices, and compare the sparse distances with it."""
    return _on(file, _dense)


def _on(file: str, work: Callable[[FeatureTable], Found]) -> Found:
    table = read_features(file)
    np.add.reduce(table.features, axis=0)  # every page is in memory from here on
    found = work(table)
    return {"peak_mib": peak_mib(), **found, "file_mib": Path(file).stat().st_size / 2**20}


def _dense(table: FeatureTable) -> Found:
    from vtbr_eval.ranking.rerank import reranked
    from vtbr_eval.ranking.space import Space

    from .dense import dense_reranked

    num_queries = int((table.split == QUERY).sum())
    vectors = Space(table, "cosine").vectors(np.arange(len(table)))
    start = clock()
    expected = dense_reranked(vectors, num_queries)
    seconds, peak = clock() - start, peak_mib()
    sparse = reranked(vectors, num_queries, Rerank())
    off = max(float(np.abs(a - b).max()) for a, b in zip(expected, sparse, strict=True))
    return {"seconds": seconds, "largest_difference": off, "peak_mib": peak}


def _evaluated(table: FeatureTable, protocol: Protocol) -> Found:
    start = clock()
    scores = evaluate(table, protocol, bootstrap=0)
    return {"seconds": clock() - start, "mAP": scores.measures()["mAP"]}


def _product(a: NDArray[np.float32], b: NDArray[np.float32]) -> Found:
    rows = min(len(a), max(QUERY_ROWS, int(PRODUCT_FLOPS / (2 * b.size))))
    room = np.zeros(min(QUERY_ROWS, rows) * min(GALLERY_ROWS, len(b)), np.float32)
    start = clock()
    for i in range(0, rows, QUERY_ROWS):
        for j in range(0, len(b), GALLERY_ROWS):
            left, right = a[i : min(i + QUERY_ROWS, rows)], b[j : j + GALLERY_ROWS]
            np.matmul(left, right.T, out=room[: len(left) * len(right)].reshape(len(left), len(right)))
    return {"seconds": (clock() - start) * len(a) / rows}
