"""Checking pictures (JPEG of coarse noise) against decoding them, and the search for near duplicates."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from vtbr_data.inspecting.check import check_manifest
from vtbr_data.inspecting.near_duplicates import near_pairs
from vtbr_data.manifest.manifest import Manifest
from vtbr_data.manifest.row import Row

from ..measuring import best_seconds, clock

NUM_PICTURES = int(os.environ.get("VTBR_BENCH_PICTURES", "20000"))
NUM_HASHES = 50_000


def main() -> None:
    """Print the tables."""
    print("| pictures | decoded a second | checked a second | ratio |")
    print("| --- | --- | --- | --- |")
    for width, height, number in ((64, 128, NUM_PICTURES), (480, 640, NUM_PICTURES // 20)):
        decoded, checked = (number / seconds for seconds in measured(width, height, number))
        rates = f"{decoded:,.0f} | {checked:,.0f} | {checked / decoded:.2f}"
        print(f"| {number:,} of {width} x {height} | {rates} |")
    bits = np.random.default_rng(0).integers(0, 2**64, (2, NUM_HASHES, 4), np.uint64)
    start = clock()
    near_pairs(bits[0], bits[1])
    print(f"\nNear duplicates among {NUM_HASHES:,} x {NUM_HASHES:,} hashes: {clock() - start:.1f} s")


def measured(width: int, height: int, number: int) -> list[float]:
    """Return the seconds to open and decode all pictures by PIL, and to check them in one process."""
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        rows = [
            Row(f"{index:06}.jpg", index // 10 + 1, index % 5, ("train", "gallery")[index % 20 >= 10])
            for index in range(number)
        ]
        draw = np.random.default_rng(0)
        for row in rows:
            noise = Image.fromarray(draw.integers(0, 256, (16, 8, 3), np.uint8))
            noise.resize((width, height), Image.Resampling.BICUBIC).save(root / row.path, quality=90)
        manifest = Manifest(rows, root, "", "benchmark")
        runs = {
            "decode": lambda: [decode(root / row.path) for row in rows],
            "check": lambda: check_manifest(manifest),
        }
        return list(best_seconds(runs, repeats=2).values())


def decode(path: Path) -> None:
    """Open and decode a picture by PIL."""
    with Image.open(path) as image:
        image.load()
