"""Lists that datasets bring along: lines of `path identity [camera]`, and JSON of a known shape."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import msgspec

from ..errors import InputError


def listed(path: Path, numbers: int) -> Iterator[tuple[str, list[int]]]:
    """Yield each picture of the list with its `numbers` whole numbers; raises `InputError` with the line."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 text") from error
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        picture, *cells = line.rsplit(maxsplit=numbers)
        try:
            values = [int(cell) for cell in cells]
        except ValueError:
            values = []
        if len(values) != numbers:
            what = "a path, an identity and a camera" if numbers == 2 else "a path and an identity"
            raise InputError(f"{path} line {number}: expected {what}, not {line[:60]!r}")
        require_inside(picture, f"{path} line {number}")
        yield picture, values


def require_inside(picture: str, where: str) -> None:
    """Raise `InputError` for a path that leads out of the dataset."""
    parts = picture.replace("\\", "/").split("/")
    if picture.startswith(("/", "\\")) or ".." in parts or ":" in parts[0]:
        raise InputError(f"{where}: the path {picture!r} leads out of the dataset")


T = TypeVar("T")


def read_json(path: Path, shape: type[T]) -> T:
    """Return the content of `path`; raises `InputError` where it is not valid JSON or has another shape."""
    try:
        return msgspec.json.decode(path.read_bytes().removeprefix(b"\xef\xbb\xbf"), type=shape)
    except RecursionError as error:
        raise InputError(f"{path}: is nested too deeply for a list of images") from error
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: {error}") from error
