"""A user's own folders: one for each person, under folders of splits or not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from ..manifest import Row, is_test_word, split_of
from .dataset import Dataset, IndexOptions, WrongFolderError
from .files import named_rows
from .listing import folders_in, found_in, pictures, require_folder

_LOOKED_AT = 5  # folders, to guess how deep a tree is


def folders_rows(folder: Path, options: IndexOptions) -> Iterator[Row]:
    """List `FOLDER/PERSON/*.jpg` or `FOLDER/SPLIT/PERSON/*.jpg`; folders named like a split are splits.

    Without folders of splits all images get `options.split`. Cameras are unknown. What is left out is logged:
    folders beside the splits, and pictures that lie deeper.
    """
    require_folder(folder)
    found: list[tuple[str, dict[str, str]]] = []
    splits = _splits(folder, options)
    for split in splits or [""]:
        for person in folders_in(folder / split):
            start = f"{split}/{person}" if split else person
            names = {"identity": person, "split": split} if split else {"identity": person}
            here = [(f"{start}/{picture}", names) for picture in pictures(folder / start, options)]
            if not here:
                options.left_out.note("folders without pictures in them", str(folder / start))
            found += here
    if not found:
        raise WrongFolderError(
            f"{folder} has no folders of people with pictures in them: expected PERSON/*.jpg or "
            f"train/PERSON/*.jpg; {found_in(folder)}{tree_hint(folder)}"
        )
    read = Counter(split_of(split) for split in splits if is_test_word(split))
    for split in (name for name in splits if is_test_word(name)):
        if options.validation not in ("train", "none") or not _is_validation(split):
            options.say(f"{split} is read as gallery, and kept as named_split")
    if read["gallery"] > 1:
        options.say("several test parts are one gallery now: choose one by its named_split")
    yield from named_rows(found, options)


def has_splits(folder: Path) -> bool:
    """Return whether `folder` holds folders of splits with a folder a person in them, and pictures in these."""
    splits = [name for name in folders_in(folder) if split_of(name)]
    people = [(folder / split / person) for split in splits for person in folders_in(folder / split)[:1]]
    return bool(people) and all(pictures(person, IndexOptions()) for person in people)


def tree_hint(folder: Path) -> str:
    """Return the command that reads a tree of folders, for the end of a message; empty if its first pictures
    are not found.
    """
    path, depth = folder, 0
    names: list[str] = []
    while depth < _LOOKED_AT:
        if pictures(path, IndexOptions()):
            break
        inner = folders_in(path)
        if not inner:
            return ""
        names.append(inner[0])
        path, depth = path / inner[0], depth + 1
    begins_with_split = bool(names) and split_of(names[0]) is not None
    parts = ["{split}"] * begins_with_split + ["{identity}", "{camera}", "{sequence}"]
    if len(parts) < depth or depth < 2:
        return ""
    return f"; `vtbr-data index files {folder} --pattern '{'/'.join(parts[:depth])}/*'` may read it"


def _splits(folder: Path, options: IndexOptions) -> list[str]:
    """Return the folders of splits to read, and say which are left out."""
    there = folders_in(folder)
    splits = [name for name in there if split_of(name)]
    if not splits:
        return []
    whole = next((name for name in splits if name.lower() == "train_all"), None)
    if whole:
        parts = [name for name in splits if name.lower() in ("train", "val")]
        if parts:
            options.say(f"{whole} is read for training; {' and '.join(parts)} are parts of it and left out")
        splits = [name for name in splits if name not in parts]
    if options.validation == "none":
        for name in filter(_is_validation, splits):
            options.say(f"{name} is left out: --validation train or gallery takes it")
        splits = [name for name in splits if not _is_validation(name)]
    for name in there:
        if split_of(name):
            continue
        options.left_out.note("folders that are not a split", str(folder / name))
    return splits


def _is_validation(name: str) -> bool:
    return name.lower().startswith(("val", "dev"))


FOLDERS = Dataset(
    name="folders",
    title="a folder a person",
    layout="PERSON/*.jpg, or SPLIT/PERSON/*.jpg with train, query, gallery, val, test",
    source="your own",
    rows=folders_rows,
)
