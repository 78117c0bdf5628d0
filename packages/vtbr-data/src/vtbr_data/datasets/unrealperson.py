"""UnrealPerson: synthetic people; its training list, or all pictures of the folders unreal_vX.Y."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from ..manifest import Row
from .dataset import Dataset, IndexOptions, WrongFolderError
from .listing import folders_in, found_in, matches, require_folder
from .lists import listed

LIST = "list_unreal_train.txt"

_FOLDER = re.compile(r"unreal_v(?P<scene>\d+)\.(?P<models>\d+)")
_NAME = re.compile(r"(?P<identity>\d+)_c(?P<camera>\d+)_(?P<frame>\d+)\.\w+")


def unrealperson_rows(folder: Path, options: IndexOptions) -> Iterator[Row]:
    """List the training list of 3,000 people where it is there, else all pictures, people numbered anew."""
    require_folder(folder)
    if (folder / LIST).exists():
        for picture, (identity, camera) in listed(folder / LIST, numbers=2):
            yield Row(picture, identity + 1, camera + 1, "train")
        return
    parts = [(name, match) for name in folders_in(folder) if (match := _FOLDER.fullmatch(name))]
    if not parts:
        raise WrongFolderError(
            f"{folder} is not UnrealPerson: expected {LIST} or folders like unreal_v1.1; {found_in(folder)}"
        )
    options.say(f"{LIST} is not there: all pictures are listed, not the published 3,000 people")
    people: dict[tuple[str, str], int] = {}
    cameras: dict[tuple[str, str], int] = {}
    for part, version in parts:
        inner = f"{part}/images"
        for match in matches(folder, inner, _NAME, "0001_c001_100.jpg (identity, camera, frame)", options):
            # Versions Y have models of their own, versions X scenes with cameras of their own.
            identity = people.setdefault((version["models"], match["identity"]), len(people) + 1)
            camera = cameras.setdefault((version["scene"], match["camera"]), len(cameras) + 1)
            yield Row(f"{inner}/{match[0]}", identity, camera, "train")


def _recognise(folder: Path) -> bool:
    return (folder / LIST).exists() or any(map(_FOLDER.fullmatch, folders_in(folder)))


UNREALPERSON = Dataset(
    name="unrealperson",
    title="UnrealPerson",
    layout="unreal_vX.Y/images with 0001_c001_100.jpg, and list_unreal_train.txt beside them",
    source="Zhang et al., UnrealPerson: An Adaptive Pipeline, CVPR 2021",
    rows=unrealperson_rows,
    recognise=_recognise,
    counts={"train": {"images": 120_000, "identities": 3_000}},
)
