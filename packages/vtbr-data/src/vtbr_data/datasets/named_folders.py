"""Sets of folders that each are one split, and in which the file names tell identity and camera."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..manifest import Row
from .dataset import IndexOptions
from .listing import first_picture_matches, pictures, require

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

    may_lack: frozenset[str] = frozenset()
    """Folders of which some may be missing, as test sets have no training folder; not all of them."""

    def rows(self, folder: Path, options: IndexOptions) -> Iterator[Row]:
        """List the folders one after another; an optional folder that is missing is logged."""
        there = self._there(folder)
        if not there:
            require(folder, [f"{name}/" for name in self.folders], self.title)
        for split in dict.fromkeys(self.folders.values()):
            missing = [name for name, other in self.folders.items() if other == split and name not in there]
            if missing:
                kind = "training" if split == "train" else split
                options.say(f"no {kind} images: there is no folder {' or '.join(missing)}")
        for name in there:
            start = "" if name == "." else f"{name}/"
            for picture in pictures(folder / name, options):
                row = self.row(f"{start}{picture}", picture, self.folders[name])
                if row is None:
                    options.unknown(folder / name / picture, f"a name like {self.example}")
                else:
                    yield row

    def _there(self, folder: Path) -> list[str]:
        """Return the folders of the set; none if a required one is missing."""
        there = [name for name in self.folders if (folder / name).is_dir()]
        missing = set(self.folders).difference(there)
        return there if missing <= self.may_lack and set(there) & (self.may_lack or set(there)) else []

    def row(self, path: str, picture: str, split: str) -> Row | None:
        """Return the row of one picture; None for a name that is not of this set."""
        match = self.pattern.fullmatch(picture)
        if match is None:
            return None
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
        """Return whether the folders are there, and a picture of the last has a name of this set."""
        return any(first_picture_matches(folder / name, self.pattern) for name in self._there(folder))
