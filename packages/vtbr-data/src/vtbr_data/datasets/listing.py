"""Lists folders by names only, without `stat` and path objects, because there may be millions of files."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

from ..errors import InputError
from ..picture_names import is_picture
from .dataset import IndexOptions, WrongFolderError


def pictures(folder: Path | str, options: IndexOptions) -> list[str]:
    """Return names of the pictures in `folder`, sorted; other files are counted in `options`, of hidden ones
    only pictures.

    Raises `InputError` for a name that is not UTF-8: a manifest could not hold it.
    """
    there = os.listdir(folder)  # noqa: PTH208 (no path objects)
    names = [name for name in there if is_picture(name) and not name.startswith(".")]
    if len(names) < len(there):
        for name in sorted(set(there).difference(names)):
            if name.startswith(".") and is_picture(name):  # macOS writes ._a.jpg beside a.jpg, which is none
                options.left_out.note("hidden files with names of pictures", os.path.join(folder, name))  # noqa: PTH118
            if not name.startswith(".") and not os.path.isdir(os.path.join(folder, name)):  # noqa: PTH112, PTH118
                options.left_out.note_file(name, folder)
    names.sort()
    require_utf8(names, folder)
    return names


def folders_in(folder: Path | str) -> list[str]:
    """Return names of the folders in `folder` (links to folders included), sorted, without hidden ones."""
    with os.scandir(folder) as entries:
        names = sorted(entry.name for entry in entries if entry.is_dir() and not entry.name.startswith("."))
    require_utf8(names, folder)
    return names


def require_utf8(names: Iterable[str], folder: Path | str) -> None:
    """Raise `InputError` for the first name that is not UTF-8."""
    try:
        "".join(names).encode()
    except UnicodeEncodeError:
        for name in names:
            try:
                name.encode()
            except UnicodeEncodeError:
                shown = os.fsencode(name).decode("utf-8", "backslashreplace")
                raise InputError(
                    f"{os.fspath(folder)}: the name {shown} is not UTF-8: rename it (`convmv` renames many)"
                ) from None


def found_in(folder: Path) -> str:
    """Return what `folder` holds, for a message: `found: a/, b.txt and 3 more`."""
    with os.scandir(folder) as entries:
        names = sorted(
            os.fsencode(entry.name).decode("utf-8", "backslashreplace") + "/" * entry.is_dir()
            for entry in entries
        )
    more = f" and {len(names) - 4} more" if len(names) > 4 else ""
    return f"found: {', '.join(names[:4]) or 'nothing'}{more}"


def require_folder(folder: Path) -> None:
    """Raise `InputError` unless `folder` is a folder."""
    if not folder.exists():
        raise InputError(f"there is no folder {folder}")
    if not folder.is_dir():
        raise InputError(f"{folder} is a file: give the folder that the dataset lies in")


def require(folder: Path, names: Iterable[str], title: str) -> None:
    """Raise `WrongFolderError` unless `folder` holds all of `names`; those ending in `/` must be folders."""
    require_folder(folder)
    if not holds(folder, *names):
        raise WrongFolderError(f"{folder} is not {title}: expected {', '.join(names)}; {found_in(folder)}")


def holds(folder: Path, *names: str) -> bool:
    """Return whether all of `names` are in `folder`; those ending in `/` must be folders."""
    return all((folder / name).is_dir() if name.endswith("/") else (folder / name).exists() for name in names)


def matches(
    folder: Path, inner: str, pattern: re.Pattern[str], example: str, options: IndexOptions
) -> list[re.Match[str]]:
    """Return the match of each picture's name in `folder/inner`, in order; raises `InputError` for another
    name unless `options` skips these.
    """
    found = []
    for picture in pictures(folder / inner, options):
        match = pattern.fullmatch(picture)
        if match is None:
            options.unknown(folder / inner / picture, f"a name like {example}")
        else:
            found.append(match)
    return found


def first_picture_matches(folder: Path, pattern: re.Pattern[str]) -> bool:
    """Return whether one of the first pictures in `folder` matches; false where there is none."""
    if not folder.is_dir():
        return False
    with os.scandir(folder) as entries:
        for entry in entries:
            if is_picture(entry.name) and not entry.name.startswith("."):
                return pattern.fullmatch(entry.name) is not None
    return False
