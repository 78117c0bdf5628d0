"""Datasets to manifests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from msgspec.structs import replace

from ..errors import InputError
from ..manifest import Row
from .caption_files import with_captions
from .dataset import IndexOptions, WrongFolderError
from .market_attributes import with_attributes
from .recognition import hint, recognised
from .registry import DATASETS

AUTO = "auto"
"""The name that makes `index` recognise the folder."""


def index_dataset(
    name: str,
    folder: Path | str,
    *,
    root: Path | str | None = None,
    paths_from: Path | str | None = None,
    options: IndexOptions | None = None,
    attributes: Path | str | None = None,
    captions: Path | str | None = None,
) -> Iterator[Row]:
    """List the dataset `name` that lies in `folder` (for `table`: the file), with paths relative to `root`.

    `auto` recognises the layout. `root` defaults to `folder`; the paths in a table start from `paths_from`,
    which defaults to its folder. `attributes` is the MATLAB file of
    Market-1501's or DukeMTMC-reID's people, `captions` a file with captions by file name. Raises `InputError`
    if the folder holds something else, and says what that looks like.
    """
    folder, options = Path(folder), options or IndexOptions()
    if name == AUTO:
        name = recognised(folder)
        options.say(f"{folder} looks like {DATASETS[name].title}")
    if name not in DATASETS:
        raise InputError(f"there is no dataset {name}: use one of {', '.join(DATASETS)}")
    dataset = DATASETS[name]
    rows = dataset.rows(folder, options)
    if attributes is not None:
        rows = with_attributes(rows, Path(attributes), dataset, say=options.say)
    if captions is not None:
        rows = with_captions(rows, Path(captions), say=options.say)
    start = (Path(paths_from) if paths_from else folder.parent) if name == "table" else folder
    way = _way(start, Path(root) if root is not None else start)
    is_empty = True
    try:
        for row in rows:
            is_empty = False
            stays = way == "." or os.path.isabs(row.path)  # noqa: PTH117 (no path objects)
            yield row if stays else replace(row, path=f"{way}/{row.path}")
    except WrongFolderError as error:
        raise InputError(f"{error}{hint(folder)}") from error
    if said := options.left_out.said():
        options.say(said)
    if is_empty:
        raise InputError(
            f"{folder} holds no pictures of {dataset.title}: expected {dataset.layout}{hint(folder)}"
        )


def _way(folder: Path, root: Path) -> str:
    # Links are resolved first: `..` behind a link leads elsewhere.
    folder, root = folder.resolve(), root.resolve()
    try:
        return Path(os.path.relpath(folder, root)).as_posix()
    except ValueError:  # another drive of Windows
        return folder.as_posix()
