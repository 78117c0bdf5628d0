"""Sets of folders that each are one split, and in which the file names tell identity and camera."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..errors import InputError
from ..manifest import Row
from .dataset import IndexOptions
from .listing import first_picture_matches, holds, pictures, require

_EXTRA = ("sequence", "box", "frame", "scene")


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedFolders:
    """The grammar of such a set."""

    title: str
    folders: Mapping[str, str]
    """Folder to split; `.` is the set's own folder."""
    pattern: re.Pattern[str]
    """Of a whole file name, with the groups `identity` and, where names tell them, `camera`, `sequence`,
    `box`, `frame`, `scene`."""
    example: str
    """A file name, for messages."""
    first_identity: int = 1
    """How the set numbers its first person; 0 is moved to 1, because 0 is a distractor here."""
    first_camera: int = 1

    def rows(self, folder: Path, _options: IndexOptions) -> Iterator[Row]:
        """List all folders in turn."""
        require(folder, [f"{name}/" for name in self.folders], self.title)
        for name, split in self.folders.items():
            start = "" if name == "." else f"{name}/"
            for picture in pictures(folder / name):
                yield self.row(f"{start}{picture}", picture, split, folder)

    def row(self, path: str, picture: str, split: str, folder: Path) -> Row:
        """The row of one picture; raises `InputError` for a name that is not of this set."""
        match = self.pattern.fullmatch(picture)
        if match is None:
            raise InputError(f"{folder / path}: expected a name like {self.example}")
        found = match.groupdict()
        identity = int(found["identity"])
        camera = found.get("camera")
        return Row(
            path,
            identity + 1 - self.first_identity if identity >= 0 else identity,
            int(camera) + 1 - self.first_camera if camera else -1,
            split,
            extra={key: int(found[key]) for key in _EXTRA if found.get(key)},
        )

    def recognise(self, folder: Path) -> bool:
        """Whether the folders are there, and a picture of the last has a name of this set."""
        return holds(folder, *(f"{name}/" for name in self.folders)) and any(
            first_picture_matches(folder / name, self.pattern) for name in self.folders
        )
