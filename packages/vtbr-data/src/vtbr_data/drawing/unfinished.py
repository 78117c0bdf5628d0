"""A drawing that was cut off (power, `kill -9`) is known by a note in its folder, and can go on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import InputError

NOTE = "unfinished-drawing.json"
"""Lies in the folder while it is drawn into; holds the order, so that nobody mixes two drawings."""

_END_OF_IMAGE = b"\xff\xd9"


def begin(out: Path, order: Mapping[str, Any]) -> bool:
    """Write the note, or find it; return whether an earlier drawing with the same order goes on here.

    Raises `InputError` for a file, for a folder with anything else in it, and for an unfinished drawing of
    another order.
    """
    if out.exists() and not out.is_dir():
        raise InputError(f"{out} is a file: name a folder to draw into")
    note = out / NOTE
    if note.exists():
        found = _read(note)
        if found != dict(order):
            raise InputError(
                f"{out} holds an unfinished drawing ({_spelled(found)}): draw it to its end with the same "
                "numbers, or remove the folder"
            )
        return True
    if out.is_dir() and any(out.iterdir()):
        raise InputError(f"{out} is not empty: name a new folder, or remove it first")
    out.mkdir(parents=True, exist_ok=True)
    partial = note.with_name(NOTE + ".partial")
    try:
        partial.write_text(json.dumps(order, sort_keys=True) + "\n", encoding="utf-8")
        partial.replace(note)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    return False


def is_whole(path: Path) -> bool:
    """Whether a JPEG file is there to its last byte; a power cut may leave names without content."""
    if not path.is_file() or path.stat().st_size < 4:
        return False
    with path.open("rb") as file:
        file.seek(-len(_END_OF_IMAGE), 2)
        return file.read() == _END_OF_IMAGE


def end(out: Path) -> None:
    """Everything is there: take the note away."""
    (out / NOTE).unlink(missing_ok=True)


def _read(note: Path) -> dict[str, Any]:
    try:
        found = json.loads(note.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        found = {}
    return found if isinstance(found, dict) else {}


def _spelled(order: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in order.items()) or "its note cannot be read"
