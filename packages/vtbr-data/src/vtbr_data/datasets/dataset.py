"""What every known dataset says of itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import InputError
from ..manifest import Row


def _say_nothing(_message: str) -> None:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexOptions:
    """What sets leave to their user."""

    seed: int = 0
    """Of the random halves of sets that publish none."""
    split_index: int = 0
    """Which of the random or published splits, from 0."""
    validation: str = "none"
    """Where the validation part of caption sets goes: `none`, `train` or `gallery`."""
    pattern: str = ""
    """How file names are read, of the dataset `files`."""
    first_identity: int | None = None
    """What own numbers of people start from, of `table`, `files` and `folders`; None: not said."""
    columns: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Headers of the columns of some keys, of `table`."""
    split: str = "train"
    """The split of images of which neither name nor folder tells it, of `files` and `folders`."""
    say: Callable[[str], None] = _say_nothing
    """Hears what was decided on the way: renumbered people, images left out."""


class WrongFolderError(InputError):
    """A folder that holds something else than the dataset it was given for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """A dataset with its own layout and file names."""

    name: str
    title: str
    layout: str
    """One line for people: what lies where."""
    source: str
    """Who published it."""
    rows: Callable[[Path, IndexOptions], Iterator[Row]]
    """Lists a folder, paths relative to it; raises `WrongFolderError` if it holds something else."""
    recognise: Callable[[Path], bool] = lambda _folder: False
    """Whether a folder looks like this set, judged by a few names in it."""
    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Published images and identities (without junk and distractors) by split; `all` is the whole set."""
    attributes: str = ""
    """The variable of the MATLAB file with the attributes of its people, where somebody published one."""
    note: str = ""
    """What a user must know, the set withdrawn by its makers included."""
