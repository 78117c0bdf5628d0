"""The folders that layumi's Person_reID_baseline_pytorch makes of Market-1501 and sets named like it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from ..manifest import Row
from .dataset import Dataset, IndexOptions, WrongFolderError
from .listing import first_picture_matches, folders_in, found_in, pictures, require_folder

PARTS = {"train_all": "train", "train": "train", "query": "query", "gallery": "gallery"}
"""Of each part the split, in the order of preference; `val` and `multi-query` repeat images of others."""

_NAME = re.compile(r"(-1|\d+)_c(?P<camera>\d+)(s(?P<sequence>\d+))?(_f?\d+)?(_(?P<box>\d+))?(\.[A-Za-z]+)+")
_PERSON = re.compile(r"-1|\d+")


def layumi_rows(folder: Path, options: IndexOptions) -> Iterator[Row]:
    """List `train_all` (or `train`), `query` and `gallery`: a folder a person, -1 junk, 0000 distractors."""
    require_folder(folder)
    start = _start(folder)
    there = [part for part in PARTS if (folder / start / part).is_dir()]
    if not {"query", "gallery"} & set(there):
        raise WrongFolderError(
            f"{folder} does not hold the folders of Person_reID_baseline_pytorch: expected train_all, query, "
            f"gallery with a folder a person; {found_in(folder)}"
        )
    if "train_all" in there and "train" in there:
        there.remove("train")
    unread = [name for name in folders_in(folder / start) if name not in there]
    _say_parts(there, unread, options)
    for part in there:
        for person in folders_in(folder / start / part):
            if not _PERSON.fullmatch(person):
                options.left_out.note("folders that are not a person's", f"{folder / start / part / person}")
                continue
            inner = f"{start}{part}/{person}"
            for picture in pictures(folder / inner, options):
                match = _NAME.fullmatch(picture)
                if match is None:
                    options.unknown(folder / inner / picture, "a name like 0002_c1s1_000451_03.jpg")
                    continue
                extra = {key: int(match[key]) for key in ("sequence", "box") if match[key]}
                yield Row(f"{inner}/{picture}", int(person), int(match["camera"]), PARTS[part], extra=extra)


def _say_parts(there: list[str], unread: list[str], options: IndexOptions) -> None:
    train = next((part for part in there if PARTS[part] == "train"), None)
    if train is None:
        options.say("no training images: there is no folder train_all or train")
    else:
        options.say(f"{train} is read for training")
    if unread:
        options.say(f"left out the folders {', '.join(unread)}")


def _start(folder: Path) -> str:
    return "pytorch/" if (folder / "pytorch").is_dir() else ""


def _recognise(folder: Path) -> bool:
    start = folder / _start(folder)
    return all(
        (start / part).is_dir()
        and any(
            first_picture_matches(start / part / person, _NAME) for person in folders_in(start / part)[:3]
        )
        for part in ("query", "gallery")
    )


LAYUMI = Dataset(
    name="layumi",
    title="Market-1501 as Person_reID_baseline_pytorch sorts it",
    layout="pytorch/train_all, query, gallery with a folder a person and 0002_c1s1_000451_03.jpg",
    source="github.com/layumi/Person_reID_baseline_pytorch, prepare.py",
    rows=layumi_rows,
    recognise=_recognise,
    counts={
        "train": {"images": 12_936, "identities": 751},
        "query": {"images": 3_368, "identities": 750},
        "gallery": {"images": 19_732},
    },
)
