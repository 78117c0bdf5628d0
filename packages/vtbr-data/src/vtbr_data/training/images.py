"""Where a picture's bytes come from.

`Pictures` is what training reads from: pictures of a folder here, of shards in `vtbr_data.shards`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError


class Pictures(Protocol):
    """The picture files of some rows, by their number from 0."""

    def __len__(self) -> int:
        """How many there are."""

    def read(self, number: int) -> bytes:
        """The bytes of a picture file. Raises `InputError` naming it if it cannot be had."""

    def name(self, number: int) -> str:
        """What messages call it."""

    @property
    def remote_shards(self) -> NDArray[np.int64] | None:
        """The shard of each picture, where shards are copied here before they are read; None elsewhere."""

    def select(self, numbers: Sequence[int]) -> Pictures:
        """Some of them, in this order."""


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
        """The bytes of file `number`."""
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
        """The path of file `number`."""
        return str(self.root / self.paths[number])

    def select(self, numbers: Sequence[int]) -> FolderPictures:
        """Some of them, in this order."""
        return FolderPictures(self.root, [self.paths[number] for number in numbers])
