"""CUHK02: five pairs of cameras with people of their own; four pairs train, the fifth tests."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from ..errors import InputError
from ..manifest import Row
from .dataset import Dataset, IndexOptions
from .listing import first_picture_matches, matches, require

PAIRS = ("P1", "P2", "P3", "P4", "P5")
TEST_PAIR = "P5"

_NAME = re.compile(r"(\d+)_(\d+)\.png")


def cuhk02_rows(folder: Path, options: IndexOptions) -> Iterator[Row]:
    """List all pairs; people are numbered anew, because each pair starts from its own 1."""
    if not (folder / "P1").is_dir() and (folder / "Dataset" / "P1").is_dir():
        raise InputError(f"give the folder Dataset in it: {folder / 'Dataset'}")
    require(folder, [f"{pair}/cam{side}/" for pair in PAIRS for side in (1, 2)], "CUHK02")
    numbers: dict[tuple[str, int], int] = {}
    for place, pair in enumerate(PAIRS):
        for side in (1, 2):
            inner = f"{pair}/cam{side}"
            for match in matches(folder, inner, _NAME, "001_10001.png (identity, ...)", options):
                identity = numbers.setdefault((pair, int(match[1])), len(numbers) + 1)
                split = "train" if pair != TEST_PAIR else "query" if side == 1 else "gallery"
                yield Row(f"{inner}/{match[0]}", identity, 2 * place + side, split)


CUHK02 = Dataset(
    name="cuhk02",
    title="CUHK02",
    layout="P1 to P5, each with cam1 and cam2 and 001_10001.png; P5 is the test set",
    source="Li, Wang, Locally Aligned Feature Transforms across Views, CVPR 2013",
    rows=cuhk02_rows,
    recognise=lambda folder: first_picture_matches(folder / "P1" / "cam1", _NAME),
    counts={
        "train": {"images": 6_308, "identities": 1_577},
        "query": {"images": 478, "identities": 239},
        "gallery": {"images": 478, "identities": 239},
    },
)
