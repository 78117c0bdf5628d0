"""A million file names without a million Python strings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import overload

import numpy as np
from numpy.typing import NDArray


class PathList(Sequence[str]):
    """Paths as UTF-8 bytes, one after the other; path i is `text[offset[i]:offset[i + 1]]`.

    Raises `ValueError` when the offsets do not fit the text or cut through a letter.

    >>> paths = PathList.of(["a.jpg", "é.jpg"])
    >>> paths[1], len(paths), paths.offset.tolist()
    ('é.jpg', 2, [0, 5, 11])
    """

    def __init__(self, text: NDArray[np.uint8], offset: NDArray[np.int64]) -> None:
        if offset[0] != 0 or offset[-1] != text.size or (np.diff(offset) < 0).any():
            raise ValueError("path_offset does not rise from 0 to the length of path")
        bytes(text).decode()  # UnicodeDecodeError is a ValueError
        starts = offset[offset < text.size]
        if ((text[starts] & 0xC0) == 0x80).any():  # 10xxxxxx never starts a UTF-8 letter
            raise ValueError("path_offset cuts through a letter of path")
        self.text = text
        self.offset = offset

    @classmethod
    def of(cls, paths: Iterable[str]) -> PathList:
        """Returns the same paths, packed."""
        encoded = [path.encode() for path in paths]
        offset = np.zeros(len(encoded) + 1, np.int64)
        np.cumsum([len(path) for path in encoded], out=offset[1:])
        return cls(np.frombuffer(b"".join(encoded), np.uint8), offset)

    def __len__(self) -> int:
        return len(self.offset) - 1

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> str | list[str]:
        if isinstance(index, slice):
            return [self[i] for i in range(len(self))[index]]
        i = range(len(self))[index]
        return bytes(self.text[self.offset[i] : self.offset[i + 1]]).decode()
