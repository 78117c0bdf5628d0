"""CUHK01: 971 people, two pictures from each of two cameras, in random halves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from ..manifest import Row
from .dataset import Dataset, IndexOptions
from .halves import first_half
from .listing import first_picture_matches, matches, require

FOLDER = "campus"

_NAME = re.compile(r"(\d{4})(00[1-4])\.png")


def cuhk01_rows(folder: Path, options: IndexOptions) -> Iterator[Row]:
    """List half of the people for training; of the others camera A (images 1 and 2) is query, B gallery."""
    require(folder, [f"{FOLDER}/"], "CUHK01")
    found = matches(folder, FOLDER, _NAME, "0001001.png (identity, image 1 to 4)", options)
    train = first_half((int(match[1]) for match in found), "cuhk01", options)
    for match in found:
        identity, camera = int(match[1]), (int(match[2]) + 1) // 2
        split = "train" if identity in train else "query" if camera == 1 else "gallery"
        yield Row(f"{FOLDER}/{match[0]}", identity, camera, split)


CUHK01 = Dataset(
    name="cuhk01",
    title="CUHK01",
    layout="campus with 0001001.png: images 1 and 2 of camera A, 3 and 4 of B; random halves",
    source="Li, Zhao, Wang, Human Reidentification with Transferred Metric Learning, ACCV 2012",
    rows=cuhk01_rows,
    recognise=lambda folder: first_picture_matches(folder / FOLDER, _NAME),
    counts={
        "train": {"images": 1_940, "identities": 485},
        "query": {"images": 972, "identities": 486},
        "gallery": {"images": 972, "identities": 486},
    },
)
