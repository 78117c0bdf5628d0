"""A rendering that was stopped is known by a note in its folder, and can continue."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ..errors import InputError
from ..output import named

NOTE = "unfinished-rendering.jsonl"
"""Lies in the folder while it is rendered into: the order, so that nobody mixes two, then the finished rows."""


class Journal:
    """The note of one rendering; a context, which leaves the note unless `end` was called.

    Rows stay in the file until they are asked for: of 160,000 pictures they would fill half a gigabyte.

    Raises `InputError` for a file, for a folder with anything else in it, and for an unfinished rendering of
    another order.
    """

    def __init__(self, out: Path, order: Mapping[str, Any]) -> None:
        self._note = out / NOTE
        self._places: dict[int, int] = {}
        """Where in the note the row of each number begins, in bytes."""
        if out.exists() and not out.is_dir():
            raise InputError(f"{out} is a file: name a folder to render into")
        whole = 0
        if self._note.exists():
            whole = self._read(order)
        elif out.is_dir() and any(out.iterdir()):
            raise InputError(f"{out} is not empty: name a new folder, or remove it first")
        out.mkdir(parents=True, exist_ok=True)
        self._file = self._note.open("r+b" if whole else "w+b")
        self._file.truncate(whole)
        if not whole:
            self._file.write(_line(dict(order)))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError):  # a full disk was met before
            self._file.close()

    def numbers(self) -> list[int]:
        """Return the numbers of the pictures whose rows are here, an earlier rendering's included."""
        return list(self._places)

    def row(self, number: int) -> dict[str, Any]:
        """Return read the manifest row of a picture."""
        self._file.seek(self._places[number])
        row: dict[str, Any] = json.loads(self._file.readline())[1]
        return row

    def add(self, rows: Mapping[int, dict[str, Any]]) -> None:
        """Record finished pictures."""
        with named(self._note):
            place = self._file.seek(0, os.SEEK_END)
            for number, row in rows.items():
                self._places[number] = place
                place += self._file.write(_line([number, row]))
            self._file.flush()

    def end(self) -> None:
        """Remove the note: everything is there."""
        self._file.close()
        self._note.unlink(missing_ok=True)

    def _read(self, order: Mapping[str, Any]) -> int:
        """Find the rows of a note; return how many of its bytes are whole lines: the last may have been cut off.

        Raises `InputError` if the note is of another order.
        """
        with self._note.open("rb") as file:
            found = _value(file.readline())
            if found != dict(order):
                raise InputError(
                    f"{self._note.parent} holds an unfinished rendering {_differs(found, order)}"
                )
            place = file.tell()
            while (value := _value(line := file.readline())) is not None:
                self._places[value[0]] = place
                place += len(line)
        return place


def _line(value: object) -> bytes:
    return json.dumps(value).encode() + b"\n"


def _value(line: bytes) -> Any:
    """Return the value of a line; None of one that is cut off or damaged."""
    try:
        return json.loads(line) if line.endswith(b"\n") else None
    except (ValueError, RecursionError):
        return None


def _differs(found: object, order: Mapping[str, Any]) -> str:
    """Say what to do with a note that is not of this order."""
    if isinstance(found, dict) and found | {"renderer": order["renderer"]} == order:
        return "by another version, whose pictures look different: finish it with that version, or remove the folder"
    return f"({_spelled(found)}): finish it with the same numbers, or remove the folder"


def _spelled(order: object) -> str:
    if not isinstance(order, Mapping):
        return "its note cannot be read"
    given = [f"{name} {value}" for name, value in order.items() if value not in (None, "")]
    return ", ".join(given)
