"""QMUL GRID: 250 people in two of eight cameras of a station, and 775 who are in one only."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from ..errors import InputError
from ..manifest import Row
from .dataset import Dataset, IndexOptions
from .halves import first_half
from .listing import first_picture_matches, matches, require
from .matlab import load_mat

FOLDERS = {"probe": "query", "gallery": "gallery"}
PARTITIONS = "features_and_partitions.mat"
NUM_PEOPLE = 250
_PEOPLE = 2  # the third field of a split lists its people

_NAME = re.compile(r"(\d{4})_(\d)(_\d+)+\.jpe?g")


def grid_rows(folder: Path, options: IndexOptions) -> Iterator[Row]:
    """List the people of the published split for training; the others are probe and gallery.

    Without the file of the ten published splits random halves take their place. 0000 is a distractor.
    """
    require(folder, [f"{name}/" for name in FOLDERS], "GRID")
    partitions = folder / PARTITIONS
    if partitions.exists():
        train = _published_half(partitions, options.split_index)
    else:
        train = first_half(range(1, NUM_PEOPLE + 1), "grid", options)
        options.say(f"{PARTITIONS} is not there: random halves in place of the ten published ones")
    for name, split in FOLDERS.items():
        for match in matches(
            folder, name, _NAME, "0001_1_25004_107_32_106_221.jpeg (identity, camera, ...)", options
        ):
            identity = int(match[1])
            yield Row(f"{name}/{match[0]}", identity, int(match[2]), "train" if identity in train else split)


def _published_half(partitions: Path, index: int) -> set[int]:
    splits = load_mat(partitions, "trainIdxAll")
    if not isinstance(splits, list) or not 0 <= index < len(splits):
        number = len(splits) if isinstance(splits, list) else 0
        raise InputError(f"there is no split {index}: {partitions} holds 0 to {number - 1}")
    try:
        people = list(splits[index].values())[_PEOPLE]  # of a struct
        return {int(number) for number in people}
    except (IndexError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise InputError(f"{partitions}: split {index} of trainIdxAll lists no people") from error


GRID = Dataset(
    name="grid",
    title="GRID",
    layout="probe, gallery with 0001_1_25004_107_32_106_221.jpeg; ten splits in features_and_partitions.mat",
    source="Loy, Xiang, Gong, Multi-Camera Activity Correlation Analysis, CVPR 2009",
    rows=grid_rows,
    recognise=lambda folder: first_picture_matches(folder / "probe", _NAME),
    counts={
        "train": {"images": 250, "identities": 125},
        "query": {"images": 125, "identities": 125},
        "gallery": {"images": 900, "identities": 125},
    },
)
