"""What every known dataset declares, and the choices that it leaves to the user."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import InputError
from ..manifest import Row
from ..picture_names import UNREADABLE, ending


def _say_nothing(_message: str) -> None:
    pass


class LeftOut:
    """Counts the files of a dataset's folders that are not listed, with the first of each kind."""

    def __init__(self) -> None:
        self._found: dict[str, tuple[int, str]] = {}

    def note(self, kind: str, file: str) -> None:
        """Count one file; `kind` is what such files are called in the plural."""
        number, first = self._found.get(kind, (0, file))
        self._found[kind] = number + 1, first

    def note_file(self, name: str, folder: Path | str) -> None:
        """Count a file that cannot be read as a picture."""
        suffix = ending(name)
        kind = (
            f".{suffix} pictures, which cannot be read"
            if suffix in UNREADABLE
            else "files that are not pictures"
        )
        self.note(kind, f"{folder}/{name}")

    def said(self) -> str:
        """Report what was left out, if anything."""
        parts = [f"{number} {kind} ({first} the first)" for kind, (number, first) in self._found.items()]
        return f"left out {'; '.join(parts)}" if parts else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexOptions:
    """Choices that datasets leave to the user."""

    seed: int = 0
    """Of the random halves of sets that publish none."""
    split_index: int = 0
    """Which of the random or published splits, from 0."""
    validation: str | None = None
    """Where a validation part goes: `none`, `train` or `gallery`; None: as the set usually has it."""
    pattern: str = ""
    """How file names are read, of the dataset `files`."""
    first_identity: int | None = None
    """What own numbers of people start from, of `table`, `files` and `folders`; None: not said."""
    columns: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Headers of the columns of some keys, of `table`."""
    split: str = "train"
    """The split of images of which neither name nor folder tells it, of `files` and `folders`."""
    skip_unknown: bool = False
    """Leave out pictures whose names are not of the set, and count them; otherwise the first is refused."""
    say: Callable[[str], None] = _say_nothing
    """Called with each decision on the way: renumbered people, images left out."""
    left_out: LeftOut = field(default_factory=LeftOut)
    """Files that were seen and not listed."""

    def unknown(self, file: Path | str, expected: str) -> None:
        """Count a picture of an unknown name, or raise `InputError` where these are not skipped."""
        if not self.skip_unknown:
            raise InputError(f"{file}: expected {expected}; --skip-unknown leaves such pictures out")
        self.left_out.note("pictures with other names", str(file))


class WrongFolderError(InputError):
    """The folder does not hold the dataset that was named."""


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
    """What a user must know, such as that the makers have withdrawn the set."""
