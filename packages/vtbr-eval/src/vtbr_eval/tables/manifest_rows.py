"""What one line of a manifest may hold (docs/formats.md, Manifest)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..errors import InputError
from .values import LARGEST, split_of

SPLITS = ("train", "query", "gallery")


def check_row(row: Mapping[str, Any], where: str, needs_path: bool = True) -> None:
    """Raises `InputError`, beginning with `where`, for a line that is not a manifest's."""
    if "path" not in row and needs_path:
        raise InputError(f"{where} has no path: every line names its image")
    path, split = row.get("path", "-"), row.get("split", "gallery")
    if path == "":
        raise InputError(f"{where}: path is empty")
    if not isinstance(path, str) or "\0" in path:
        raise InputError(f"{where}: path is {_shown(path)}, not the name of an image")
    if split not in SPLITS:
        is_read = split is None or (isinstance(split, str) and split_of(split) is not None)
        raise InputError(
            f"{where}: split is {_shown(split)}: use train, query or gallery{_cure('split') if is_read else ''}"
        )
    for key, least in (("sequence", -LARGEST), ("box", -LARGEST), ("identity", -1), ("camera", -1)):
        _check_number(row, where, key, least)
    captions, attributes = row.get("captions", []), row.get("attributes", {})
    if not isinstance(captions, list) or not all(isinstance(caption, str) for caption in captions):
        cure = _cure("captions") if captions is None or isinstance(captions, str) else ""
        raise InputError(f"{where}: captions is {_shown(captions)}, not a list of text{cure}")
    if not isinstance(attributes, dict):
        raise InputError(f"{where}: attributes is {_shown(attributes)}, not an object")


def _check_number(row: Mapping[str, Any], where: str, key: str, least: int) -> None:
    value = row.get(key, -1)
    if type(value) is not int:
        is_read = value is None or isinstance(value, str) or (isinstance(value, float) and value.is_integer())
        cure = _cure(key) if is_read else ""
        raise InputError(f"{where}: {key} is {_shown(value)}, not a whole number{cure}")
    if value < least:
        raise InputError(f"{where}: {key} is {value}: the smallest allowed is {least}")
    if value > LARGEST:
        raise InputError(f"{where}: {key} is {value}: the largest allowed is {LARGEST}")


def _cure(key: str) -> str:
    return f"; `vtbr-data index table FILE --column {key}={key}` reads it"


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "..."
