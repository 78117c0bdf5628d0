"""Opens what a user names as rows and pictures: manifests with files, or shards."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..manifest import Manifest, read_manifest
from ..shards import ShardManifest, is_packed, loose_tars, read_loose, read_shards


def read_images(
    source: Path | str, *, root: Path | str | None = None, say: Callable[[str], None] = lambda text: None
) -> Manifest:
    """Return the manifest at `source` (`-` is stdin), or that of the packed set that it names.

    Of a packed set that is its folder, its `shards.json`, a URL, or `pipe:COMMAND` with `{}` for a file's
    name. Tar files that others have packed, one or a folder of them, are read as well; `say` is told of what is
    skipped in them. Raises `InputError` for anything else.
    """
    is_shards = is_packed(str(source))
    is_loose = not is_shards and bool(loose_tars(Path(source)))
    if (is_shards or is_loose) and root is not None:
        raise InputError(f"{source} holds its pictures itself: leave out --root")
    if is_shards:
        return read_shards(str(source))
    return read_loose(Path(source), say) if is_loose else read_manifest(source, root=root)


def pictures_of(manifest: Manifest) -> Pictures:
    """Return the pictures of all rows of `manifest`."""
    if isinstance(manifest, ShardManifest):
        return manifest.pictures
    return FolderPictures(manifest.root, [row.path for row in manifest.rows])


class Pictures(Protocol):
    """The picture files of some rows, by their number from 0."""

    def __len__(self) -> int:
        """Return the number of pictures."""

    def read(self, number: int) -> bytes:
        """Return the bytes of a picture file. Raises `InputError` naming it if it cannot be read."""

    def name(self, number: int) -> str:
        """Return the name of picture `number` for messages."""

    @property
    def remote_shards(self) -> NDArray[np.int64] | None:
        """The shard of each picture, where shards are copied here before they are read; None elsewhere."""

    def select(self, numbers: Sequence[int]) -> Pictures:
        """Return the pictures `numbers`, in this order."""


@dataclass(frozen=True, slots=True)
class FolderPictures:
    """Files of a folder."""

    root: Path
    paths: Sequence[str]
    """Relative to `root`."""
    remote_shards: None = None

    def __len__(self) -> int:
        return len(self.paths)

    def read(self, number: int) -> bytes:
        """Return the bytes of file `number`."""
        path = self.root / self.paths[number]
        try:
            return path.read_bytes()
        except FileNotFoundError as error:
            raise InputError(
                f"{path}: no such image; `vtbr-data check` lists all that are missing"
            ) from error
        except OSError as error:
            raise InputError(f"{path}: cannot be read: {error.strerror or error}") from error

    def name(self, number: int) -> str:
        """Return the path of file `number`."""
        return str(self.root / self.paths[number])

    def select(self, numbers: Sequence[int]) -> FolderPictures:
        """Return the pictures `numbers`, in this order."""
        return FolderPictures(self.root, [self.paths[number] for number in numbers])
