"""MSMT17, its first version and the second, in which faces are masked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..errors import InputError
from ..manifest import Row
from .dataset import Dataset, IndexOptions, WrongFolderError
from .listing import found_in, holds, require_folder
from .lists import listed

LISTS = {"list_train": "train", "list_val": "train", "list_query": "query", "list_gallery": "gallery"}
"""Of each list, with or without `.txt`, the split."""
FOLDERS = (("train", "test"), ("mask_train_v2", "mask_test_v2"))
"""Where the pictures of training and test lie: version 1, version 2."""
NUM_TRAIN_IDENTITIES = 1_041


def msmt17_rows(folder: Path, _options: IndexOptions) -> Iterator[Row]:
    """List the four lists; training and validation together are the usual training set.

    Both count people from 0, each for itself: here training starts at 1, and test continues after it.
    """
    require_folder(folder)
    places = next((pair for pair in FOLDERS if holds(folder, *(f"{name}/" for name in pair))), None)
    if places is None or not _has_lists(folder):
        raise WrongFolderError(
            f"{folder} is not MSMT17: expected {'.txt, '.join(LISTS)}.txt and the folders train and test "
            f"(or mask_train_v2 and mask_test_v2); {found_in(folder)}"
        )
    for name, split in LISTS.items():
        place = places[split != "train"]
        first = 1 if split == "train" else 1 + NUM_TRAIN_IDENTITIES
        file = _list(folder, name)
        for picture, (identity,) in listed(file, numbers=1):
            yield Row(f"{place}/{picture}", first + identity, _camera(picture, file), split)


def _list(folder: Path, name: str) -> Path:
    file = folder / f"{name}.txt"
    return file if file.exists() else folder / name


def _has_lists(folder: Path) -> bool:
    return all(_list(folder, name).is_file() for name in LISTS)


def _camera(picture: str, where: Path) -> int:
    fields = picture.rpartition("/")[2].split("_")
    if len(fields) < 3 or not fields[2].isdecimal():
        raise InputError(
            f"{where}: expected names like 0000/0000_000_01_0303morning_0015_0.jpg (third: camera), "
            f"not {picture!r}"
        )
    return int(fields[2])


MSMT17 = Dataset(
    name="msmt17",
    title="MSMT17",
    layout="list_train.txt, list_val.txt, list_query.txt, list_gallery.txt; train, test or (V2) mask_..._v2",
    source="Wei et al., Person Transfer GAN to Bridge Domain Gap, CVPR 2018",
    rows=msmt17_rows,
    recognise=_has_lists,
    counts={
        "train": {"images": 32_621, "identities": 1_041},
        "query": {"images": 11_659, "identities": 3_060},
        "gallery": {"images": 82_161, "identities": 3_060},
    },
    note="handed out on request only; version 2 masks the faces, take it where you can",
)
