"""Anybody's own folders: one a person, under folders of splits or not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..manifest import Row
from .dataset import Dataset, IndexOptions, WrongFolderError
from .files import SPLITS, named_rows
from .listing import folders_in, found_in, pictures, require_folder


def folders_rows(folder: Path, options: IndexOptions) -> Iterator[Row]:
    """List `FOLDER/PERSON/*.jpg` or `FOLDER/SPLIT/PERSON/*.jpg`; folders named like a split are splits.

    Without folders of splits all images get `options.split`. Cameras are unknown.
    """
    require_folder(folder)
    found: list[tuple[str, dict[str, str]]] = []
    splits = [name for name in folders_in(folder) if name.lower() in SPLITS]
    for split in splits or [""]:
        for person in folders_in(folder / split):
            start = f"{split}/{person}" if split else person
            names = {"identity": person, "split": split} if split else {"identity": person}
            found += [(f"{start}/{picture}", names) for picture in pictures(folder / start)]
    if not found:
        raise WrongFolderError(
            f"{folder} has no folders of people with pictures in them: expected PERSON/*.jpg or "
            f"train/PERSON/*.jpg; {found_in(folder)}"
        )
    yield from named_rows(found, options)


FOLDERS = Dataset(
    name="folders",
    title="a folder a person",
    layout="PERSON/*.jpg, or train/PERSON/*.jpg, query/PERSON/*.jpg, gallery/PERSON/*.jpg",
    source="your own",
    rows=folders_rows,
)
