"""One measurement in a process of its own, so that its peak memory is its own: one JSON line.

    python benchmarks/eval/measure.py make FILE QUERIES GALLERY WIDTH PEOPLE
    python benchmarks/eval/measure.py floor | floor-rerank | reid | rerank | dense FILE

`floor` is the blocked float32 product of queries and gallery alone, `floor-rerank` that of all
images with all images; the rest is what a user's program would call.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vtbr_eval import FeatureTable, Protocol, Rerank, evaluate, read_features, write_features
from vtbr_eval.features import GALLERY, QUERY

QUERY_ROWS, GALLERY_ROWS = 4096, 8192
PRODUCT_FLOPS = 2e12
"""Of larger products as many rows as this is enough for are timed, and the time of all taken from theirs."""
clock = time.process_time if os.environ.get("OMP_NUM_THREADS") == "1" else time.perf_counter


def main() -> None:
    """Run the measurement that the command line names."""
    what, file, *sizes = sys.argv[1:]
    if what == "make":
        make(Path(file), *map(int, sizes))
        return
    table = read_features(file)
    np.add.reduce(table.features, axis=0)  # every page is in memory from here on
    found = {"floor": floor, "floor-rerank": floor_rerank, "reid": reid, "rerank": rerank, "dense": dense}[
        what
    ](table)
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"peak_mib": peak_mib, **found, "file_mib": Path(file).stat().st_size / 2**20}))


def make(file: Path, num_query: int, num_gallery: int, width: int, num_people: int) -> None:
    """Write a features file of these sizes."""
    from synthetic import clusters

    scratch = file.with_suffix(".raw")
    table = clusters(num_query, num_gallery, width, num_people=num_people, file=scratch)
    write_features(table, file)
    scratch.unlink()


def floor(table: FeatureTable) -> dict[str, float]:
    """Queries times gallery."""
    return _product(table.features[table.split == QUERY], table.features[table.split == GALLERY])


def floor_rerank(table: FeatureTable) -> dict[str, float]:
    """All images times all images, symmetry not used."""
    return _product(table.features, table.features)


def reid(table: FeatureTable) -> dict[str, float]:
    """Scores without re-ranking."""
    return _evaluated(table, Protocol())


def rerank(table: FeatureTable) -> dict[str, float]:
    """Scores with re-ranking."""
    return _evaluated(table, Protocol(rerank=Rerank()))


def dense(table: FeatureTable) -> dict[str, float]:
    """The textbook on dense matrices, and how far the sparse distances are from it."""
    from dense import dense_reranked

    from vtbr_eval.ranking.rerank import reranked
    from vtbr_eval.ranking.space import Space

    num_queries = int((table.split == QUERY).sum())
    vectors = Space(table, "cosine").points(np.arange(len(table))).vector
    start = clock()
    expected = dense_reranked(vectors, num_queries)
    seconds, peak_mib = clock() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sparse = reranked(vectors, num_queries, Rerank())
    off = max(float(np.abs(a - b).max()) for a, b in zip(expected, sparse, strict=True))
    return {"seconds": seconds, "largest_difference": off, "peak_mib": peak_mib}


def _evaluated(table: FeatureTable, protocol: Protocol) -> dict[str, float]:
    start = clock()
    scores = evaluate(table, protocol, bootstrap=0)
    return {"seconds": clock() - start, "mAP": scores.measures()["mAP"]}


def _product(a: NDArray[np.float32], b: NDArray[np.float32]) -> dict[str, float]:
    rows = min(len(a), max(QUERY_ROWS, int(PRODUCT_FLOPS / (2 * b.size))))
    room = np.zeros(min(QUERY_ROWS, rows) * min(GALLERY_ROWS, len(b)), np.float32)
    start = clock()
    for i in range(0, rows, QUERY_ROWS):
        for j in range(0, len(b), GALLERY_ROWS):
            left, right = a[i : min(i + QUERY_ROWS, rows)], b[j : j + GALLERY_ROWS]
            np.matmul(left, right.T, out=room[: len(left) * len(right)].reshape(len(left), len(right)))
    return {"seconds": (clock() - start) * len(a) / rows}


if __name__ == "__main__":
    main()
