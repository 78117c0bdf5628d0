"""Files kept open between reads, a bounded number of them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

_MOST = 64


class OpenFiles:
    """Open files by number, of this process alone: processes must not share the position in a file."""

    def __init__(self) -> None:
        self._files: dict[tuple[int, int], BinaryIO] = {}

    def get(self, number: int, find: Callable[[], Path]) -> BinaryIO:
        """File `number`, opened where `find` says if it is not yet; unbuffered."""
        key = os.getpid(), number
        if key in self._files:
            return self._files[key]
        while len(self._files) >= _MOST:
            self._files.pop(next(iter(self._files))).close()
        try:
            file = find().open("rb", buffering=0)
        except FileNotFoundError:  # another process has just made room in the cache
            file = find().open("rb", buffering=0)
        self._files[key] = file
        return file

    def __getstate__(self) -> dict[str, Any]:
        return {"_files": {}}

    def __del__(self) -> None:
        for file in self._files.values():
            file.close()
