"""Reading pictures at random from shards and from a folder, against decoding them from memory alone.

`of decode speed` is the share that is left when pictures are read as well; packing is measured in MB a
second against copying the files' bytes.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from vtbr_data.manifest.manifest import Manifest
from vtbr_data.picture_decoding import decode
from vtbr_data.shards import PackConfig, pack
from vtbr_data.training import Pictures, pictures_of, read_images

from ..measuring import best_seconds
from .photos import write_photos


def main() -> None:
    """Print the table."""
    print("| pictures | from | images/s | with decoding | of decode speed |")
    print("| --- | --- | --- | --- | --- |")
    for count, width, height in ((1500, 64, 128), (100, 640, 480)):
        with tempfile.TemporaryDirectory() as place:
            measure(Path(place), count, width, height)


def measure(place: Path, count: int, width: int, height: int) -> None:
    """Print the rows of one kind of pictures."""
    (place / "files").mkdir()
    samples = write_photos(place / "files", count, width, height)
    manifest = Manifest(list(samples.rows), place / "files", "", "manifest.jsonl")
    packed = pack(manifest, place / "shards", PackConfig(shard_bytes=2 * 2**20))
    order = np.random.default_rng(0).permutation(count).tolist()
    in_memory = [samples.pictures.read(number) for number in order]
    sources: dict[str, Pictures] = {
        "a folder": samples.pictures,
        f"{len(packed.shards)} shards": pictures_of(read_images(place / "shards")),
    }
    runs = {"decode": lambda: each(in_memory, decode)}
    for name, pictures in sources.items():
        runs[f"read {name}"] = lambda pictures=pictures: each(order, pictures.read)
        runs[f"both {name}"] = lambda pictures=pictures: each(order, lambda one: decode(pictures.read(one)))
    best = best_seconds(runs, repeats=9)
    size = f"{max(width, height)} x {min(width, height)}"
    print(f"| {size} | memory | | {count / best['decode']:,.0f} | 1 |")
    for name in sources:
        read, both = best[f"read {name}"], best[f"both {name}"]
        share = best["decode"] / both
        print(f"| {size} | {name} | {count / read:,.0f} | {count / both:,.0f} | {share:.3f} |", flush=True)


def each(items: list, call: Callable) -> None:
    """Call for each item and keep nothing."""
    for item in items:
        call(item)
