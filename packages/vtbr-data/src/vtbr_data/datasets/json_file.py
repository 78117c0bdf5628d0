"""JSON files that datasets bring along, decoded against the shape that they must have."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import msgspec

from ..errors import InputError

T = TypeVar("T")


def read_json(path: Path, shape: type[T]) -> T:
    """The content of `path`; raises `InputError` where it is no JSON or has another shape."""
    try:
        return msgspec.json.decode(path.read_bytes().removeprefix(b"\xef\xbb\xbf"), type=shape)
    except RecursionError as error:
        raise InputError(f"{path}: is nested too deeply for a list of images") from error
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: {error}") from error
