"""QMUL i-LIDS: 119 people in an airport, 476 images, cameras not told."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from ..manifest import Row
from .dataset import Dataset, IndexOptions
from .halves import first_half, shuffled
from .listing import first_picture_matches, matches, require

FOLDER = "Persons"

_NAME = re.compile(r"(\d{4})(\d{3})\.jpg")


def ilids_rows(folder: Path, options: IndexOptions) -> Iterator[Row]:
    """List half of the people for training; of each other one image is query and one gallery.

    The number of an image serves as its camera: the set does not tell cameras, and query and gallery must
    not share one.
    """
    require(folder, [f"{FOLDER}/"], "i-LIDS")
    images: dict[int, list[int]] = defaultdict(list)
    names: dict[tuple[int, int], str] = {}
    for match in matches(folder, FOLDER, _NAME, "0001001.jpg (identity, image)", options):
        identity, number = int(match[1]), int(match[2])
        images[identity].append(number)
        names[identity, number] = match[0]
    train = first_half(images, "ilids", options)
    for identity, numbers in images.items():
        chosen = numbers if identity in train else shuffled(numbers, f"ilids/{identity}", options)[:2]
        for place, number in enumerate(chosen):
            split = "train" if identity in train else ("query", "gallery")[place]
            yield Row(f"{FOLDER}/{names[identity, number]}", identity, number, split)


ILIDS = Dataset(
    name="ilids",
    title="i-LIDS",
    layout="Persons with 0001001.jpg (identity, image); random halves, one query and gallery image a person",
    source="Zheng, Gong, Xiang, Associating Groups of People, BMVC 2009",
    rows=ilids_rows,
    recognise=lambda folder: first_picture_matches(folder / FOLDER, _NAME),
    counts={
        "train": {"identities": 59},
        "query": {"images": 60, "identities": 60},
        "gallery": {"images": 60, "identities": 60},
    },
)
