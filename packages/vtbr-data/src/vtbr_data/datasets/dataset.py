"""What every known dataset says of itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from vtbr_data.errors import InputError
from vtbr_data.row import Row

PICTURES = frozenset({".jpg", ".jpeg", ".png", ".bmp"})


@dataclass(frozen=True, slots=True)
class HalfOf:
    """Which of the random halves of a set without fixed splits: number `index` of those that `seed` gives."""

    seed: int = 0
    index: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """A dataset with its own layout and file names."""

    name: str
    layout: str
    """One line for people: what lies where."""
    source: str
    """Who published it, and the counts."""
    rows: Callable[[Path, HalfOf], Iterator[Row]]
    """Lists a folder, with paths relative to it; raises `InputError` if the folder holds something else."""
    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Published images and identities (without junk and distractors) by split."""


def pictures(folder: Path) -> list[str]:
    """Names of the pictures in `folder`, sorted; other files and hidden ones are left out."""
    return sorted(
        path.name
        for path in folder.iterdir()
        if path.suffix.lower() in PICTURES and not path.name.startswith(".")
    )


def found_in(folder: Path) -> str:
    """What `folder` holds, for a message: `found: a/, b.txt and 3 more`."""
    names = sorted(path.name + "/" * path.is_dir() for path in folder.iterdir())
    more = f" and {len(names) - 4} more" if len(names) > 4 else ""
    return f"found: {', '.join(names[:4]) or 'nothing'}{more}"


def require_folders(folder: Path, names: tuple[str, ...], dataset: str) -> None:
    """Raise `InputError` unless `folder` holds all the folders `names`."""
    if not folder.is_dir():
        raise InputError(f"there is no folder {folder}")
    if not all((folder / name).is_dir() for name in names):
        raise InputError(
            f"{folder} is no {dataset}: expected the folders {', '.join(names)}; {found_in(folder)}"
        )
