"""Selection: seconds and memory on made-up features, and what two million rows would take.

Rows are 1,000 clusters in 64 dimensions, spread over 256. The laws: random, balanced, captions and near
duplicates grow with N; k-centre with all compared with all with N times the number chosen; within cells, as
facility location, with N. The yardstick is the bare matrix product that k-centre needs, N x chosen x 256.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vtbr_data.manifest.manifest import Manifest
from vtbr_data.manifest.row import Row
from vtbr_data.selection import Choice, select
from vtbr_data.selection.alike import near_duplicates
from vtbr_data.selection.order import EXACT_PAIRS, is_exact, random_keys, spread_order
from vtbr_data.selection.vectors import caption_vectors

from ..measuring import best_seconds, peak_mib

N, CHOSEN, LARGE = 40_000, 2_000, 2_000_000
CAPTIONS = 10_000


def main() -> None:
    """Print the table."""
    vectors = clusters(N)
    keys = random_keys([str(number) for number in range(N)], 0)
    manifest = Manifest([Row(f"{n}.jpg", n // 20, n % 8, "train") for n in range(N)], Path(), "", "m")
    said = [
        (f"a man {n % 97} in a red coat {n % 89} and blue trousers {n % 83}, facing left",)
        for n in range(CAPTIONS)
    ]
    large = LARGE / N
    runs: dict[str, tuple[Callable[[], object], float]] = {
        "random, 0.71": (lambda: select(manifest, Choice(fraction=0.71)), large),
        "balanced by camera, 0.71": (lambda: select(manifest, Choice(fraction=0.71, by=("camera",))), large),
        "captions to vectors": (lambda: caption_vectors(said), LARGE / CAPTIONS),
        "near duplicates": (lambda: near_duplicates(vectors, 0.02, seed=0), large),
        f"product N x {CHOSEN:,}": (lambda: product(vectors), large),
        f"k-centre, {CHOSEN:,}, all with all": (
            lambda: spread_order("k-centre", vectors, keys, CHOSEN, seed=0),
            large,
        ),
        "k-centre, 0.71, in cells": (lambda: in_cells("k-centre", vectors, keys), large),
        "facility location, 0.71, in cells": (lambda: in_cells("facility-location", vectors, keys), large),
    }
    best = best_seconds({name: run for name, (run, _) in runs.items()})
    bare = best[f"product N x {CHOSEN:,}"]
    print(f"| {N:,} rows | s | times the product | {LARGE:,} rows by the law, minutes |")
    print("| --- | --- | --- | --- |")
    for name, (_, factor) in runs.items():
        print(f"| {name} | {best[name]:.2f} | {best[name] / bare:.1f} | {best[name] * factor / 60:.1f} |")
    alone = LARGE * 1024 / 2**20
    print(f"\nPeak memory {peak_mib():,.0f} MiB; of {LARGE:,} rows the vectors alone are {alone:,.0f} MiB.")


def clusters(number: int) -> NDArray[np.float32]:
    """Return unit vectors in clusters."""
    random = np.random.default_rng(0)
    centres = random.standard_normal((1000, 64), np.float32)
    points = centres[random.integers(0, 1000, number)] + 0.5 * random.standard_normal(
        (number, 64), np.float32
    )
    wide = points @ random.standard_normal((64, 256), np.float32)
    wide /= np.linalg.norm(wide, axis=1, keepdims=True)
    return wide


def product(vectors: NDArray[np.float32]) -> None:
    """Multiply all rows by as many as are chosen, in the blocks that k-centre uses."""
    for first in range(0, CHOSEN, 512):
        centres = np.ascontiguousarray(vectors[first : first + 512].T)
        for start in range(0, len(vectors), 65_536):
            (vectors[start : start + 65_536] @ centres).max(axis=1)


def in_cells(method: str, vectors: NDArray[np.float32], keys: NDArray[np.uint64]) -> None:
    """Order 71 % in cells, as two million rows would be, whatever the number of pairs here."""
    from vtbr_data.selection import order

    number = round(0.71 * N)
    was = order.EXACT_PAIRS
    order.EXACT_PAIRS = 0
    try:
        assert not is_exact(method, N, number)
        spread_order(method, vectors, keys, number, seed=0)
    finally:
        order.EXACT_PAIRS = was
    assert was == EXACT_PAIRS
