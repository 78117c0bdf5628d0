"""A rendering that was stopped is known by a note in its folder, and can continue."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
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

    Raises `InputError` for a file, for a folder with anything else in it, and for an unfinished rendering of
    another order.
    """

    def __init__(self, out: Path, order: Mapping[str, Any]) -> None:
        self._note = out / NOTE
        self._found: list[tuple[int, dict[str, Any]]] = []
        if out.exists() and not out.is_dir():
            raise InputError(f"{out} is a file: name a folder to render into")
        if self._note.exists():
            found = self._read()
            if found != dict(order):
                raise InputError(
                    f"{out} holds an unfinished rendering ({_spelled(found)}): finish it with the same numbers, "
                    "or remove the folder"
                )
        elif out.is_dir() and any(out.iterdir()):
            raise InputError(f"{out} is not empty: name a new folder, or remove it first")
        out.mkdir(parents=True, exist_ok=True)
        self._file = self._note.open("w", encoding="utf-8")
        self._write(dict(order))
        self.add(dict(self._found))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError):  # a full disk was met before
            self._file.close()

    def rows(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """Numbers and manifest rows of pictures that an earlier rendering finished."""
        yield from self._found

    def add(self, rows: Mapping[int, dict[str, Any]]) -> None:
        """Record finished pictures."""
        with named(self._note):
            for number, row in rows.items():
                self._write([number, row])
            self._file.flush()

    def end(self) -> None:
        """Everything is there: remove the note."""
        self._file.close()
        self._note.unlink(missing_ok=True)

    def _write(self, value: object) -> None:
        self._file.write(json.dumps(value, sort_keys=True) + "\n")

    def _read(self) -> dict[str, Any]:
        """The order of the note; its rows are kept. A last line that was cut off is left out."""
        order: object = {}
        for count, text in enumerate(self._note.read_text(encoding="utf-8").splitlines()):
            try:
                value = json.loads(text)
            except (ValueError, RecursionError):
                break
            if count == 0:
                order = value
            else:
                self._found.append((value[0], value[1]))
        return order if isinstance(order, dict) else {}


def _spelled(order: Mapping[str, Any]) -> str:
    given = [f"{name} {value}" for name, value in order.items() if value not in (None, "")]
    return ", ".join(given) or "its note cannot be read"
