"""A features file while it is written, by one process or several, so that it can be stopped and resumed.

`NAME.partial` becomes the file and has its full size from the start; `NAME.progress` says which rows are
finished: a line of JSON that identifies the extraction, then a byte an image.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from .features import FeaturesFile

OPEN, DONE, SKIPPED = 0, 1, 2

_OTHER = {"model": "another model", "manifest": "another manifest", "settings": "other settings"}
_COMMIT_SECONDS = 1.0  # a crash costs at most so much work, and waiting for the disk stays rare


class PartialFeatures:
    """Rows of a features file, written in any order; a row that is marked as finished stays so."""

    def __init__(self, target: Path, layout: FeaturesFile, key: Mapping[str, Any]) -> None:
        """Open what `prepare` has made or found."""
        self.layout = layout
        self.data_path, self.progress_path = _beside(target)
        self.target = target
        self._first_status = len(_key_line(key))
        self._data = os.open(self.data_path, os.O_RDWR)
        self._progress = os.open(self.progress_path, os.O_RDWR)
        self._pending: list[tuple[int, bytes]] = []
        self._committed_at = time.monotonic()

    @staticmethod
    def prepare(target: Path, layout: FeaturesFile, key: Mapping[str, Any]) -> None:
        """Make the two files, unless they exist and belong to the same extraction.

        Raises InputError where they belong to another.
        """
        data_path, progress_path = _beside(target)
        if progress_path.exists() and data_path.exists():
            _check(progress_path, data_path, key)
            if data_path.stat().st_size == layout.num_bytes:
                return
        progress_path.unlink(missing_ok=True)
        with data_path.open("wb") as file:
            file.write(layout.head)
            file.seek(layout.num_bytes - len(layout.tail))
            file.write(layout.tail)
            file.truncate(layout.num_bytes)
        temporary = progress_path.with_suffix(".new")
        temporary.write_bytes(_key_line(key) + bytes(layout.num_rows))
        temporary.replace(progress_path)

    def statuses(self) -> bytes:
        """Return OPEN, DONE or SKIPPED of each row, one byte each."""
        return os.pread(self._progress, self.layout.num_rows, self._first_status)

    def write(self, rows: Sequence[int], data: bytes, skipped: Sequence[int] = ()) -> None:
        """Write `data` into these rows, and mark the `skipped` ones as left out."""
        size = self.layout.row_bytes
        for place, row in enumerate(rows):
            at = len(self.layout.head) + row * size
            os.pwrite(self._data, data[place * size : (place + 1) * size], at)
        self._pending += [(row, bytes([DONE])) for row in rows] + [(row, bytes([SKIPPED])) for row in skipped]
        if time.monotonic() - self._committed_at > _COMMIT_SECONDS:
            self.commit()

    def commit(self) -> None:
        """Mark rows as finished, once they are on the disk."""
        os.fsync(self._data)
        for row, status in self._pending:
            os.pwrite(self._progress, status, self._first_status + row)
        self._pending.clear()
        self._committed_at = time.monotonic()

    def finish(self, kept: FeaturesFile) -> None:
        """Give the file its name; `kept` is its layout without the rows that were skipped."""
        statuses = np.frombuffer(self.statuses(), np.uint8)
        assert (statuses != OPEN).all()
        if (statuses == SKIPPED).any():
            shorter = self.data_path.with_suffix(".shorter")
            with shorter.open("wb") as file:
                self._copy_done(file, kept, statuses == DONE)
                os.fsync(file.fileno())
            shorter.replace(self.data_path)
        else:
            os.fsync(self._data)
        self.data_path.replace(self.target)
        self.progress_path.unlink()

    def discard(self) -> None:
        """Delete both files."""
        self.data_path.unlink(missing_ok=True)
        self.progress_path.unlink(missing_ok=True)

    def __enter__(self) -> PartialFeatures:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._data)
        os.close(self._progress)

    def _copy_done(self, file: BinaryIO, kept: FeaturesFile, is_done: NDArray[np.bool_]) -> None:
        file.write(kept.head)
        for row in np.flatnonzero(is_done).tolist():
            at = len(self.layout.head) + row * self.layout.row_bytes
            file.write(os.pread(self._data, self.layout.row_bytes, at))
        file.write(kept.tail)
        file.flush()


def _beside(target: Path) -> tuple[Path, Path]:
    return target.with_name(f"{target.name}.partial"), target.with_name(f"{target.name}.progress")


def _key_line(key: Mapping[str, Any]) -> bytes:
    return json.dumps(key, sort_keys=True).encode() + b"\n"


def _check(progress_path: Path, data_path: Path, key: Mapping[str, Any]) -> None:
    with progress_path.open("rb") as file:
        try:
            found = json.loads(file.readline())
        except ValueError:
            found = {}
    wanted = json.loads(_key_line(key))
    different = [name for name in wanted if found.get(name) != wanted[name]]
    if different:
        raise InputError(
            f"{data_path} was begun with {_OTHER[different[0]]}: resume that one, or delete "
            f"{data_path.name} and {progress_path.name}"
        )
