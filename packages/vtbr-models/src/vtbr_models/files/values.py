"""What single cells of a table mean: numbers, captions and attributes (docs/formats.md, Tables)."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from .cells import load_json, text_of

TABLE_WORDS: Mapping[str, Any] = json.loads(Path(__file__).with_name("table_words.json").read_text("utf-8"))
"""The words of docs/formats.md, Tables; vtbr-data and vtbr-eval hold the same file."""
EMPTY = set(TABLE_WORDS["empty"])
NO_ATTRIBUTE = EMPTY - {"none"}
"""Texts that stand for nothing, in lower case."""
NUMBER = re.compile(r"-?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]{1,6})?")

ATTRIBUTES: Mapping[str, Sequence[object]] = TABLE_WORDS["attributes"]
"""The known attributes with their values; a viewpoint is a number of degrees."""

_TRUTHS = {word: key == "true" for key in ("true", "false") for word in TABLE_WORDS[key].split()}


def captions_of_cell(value: Any) -> list[str]:
    """Return the captions in a cell: a list, its JSON or Python text, or one caption."""
    found = value if isinstance(value, list) else [value]
    text = text_of(value)
    if isinstance(value, str) and text.startswith("[") and text.endswith("]"):
        for parse in (json.loads, ast.literal_eval):
            try:
                listed = parse(text)
            except (ValueError, SyntaxError, RecursionError, MemoryError):
                continue
            if isinstance(listed, list) and all(isinstance(caption, str) for caption in listed):
                found = listed
                break
    return [caption for caption in map(text_of, found) if caption]


def object_of_cell(value: Any) -> dict[str, Any] | None:
    """Return the JSON object in a cell, empty where there is nothing; None where it is something else."""
    text = text_of(value)
    if text.lower() in EMPTY:
        return {}
    try:
        found = load_json(text) if isinstance(value, str) else value
    except ValueError:
        return None
    if not isinstance(found, dict):
        return None
    return {name: item for name, item in found.items() if item is not None}


def attribute_value(name: str, text: str) -> tuple[Any, bool]:
    """Return an attribute's value, and whether it is one of the known ones where these are listed."""
    lower = text.lower()
    if name not in ATTRIBUTES:
        return {"true": True, "false": False}.get(lower, text), True
    if name == "viewpoint":
        is_number = NUMBER.fullmatch(text) is not None and is_whole(text) and 0 <= Decimal(text) < 360
        return (int(Decimal(text)), True) if is_number else (text, False)
    if True in ATTRIBUTES[name]:
        return (_TRUTHS[lower], True) if lower in _TRUTHS else (text, False)
    value = TABLE_WORDS["same_word"].get(lower, lower)
    return (value, True) if value in ATTRIBUTES[name] else (text, False)


def is_whole(text: str) -> bool:
    """Return whether a number in text has no fraction."""
    number = Decimal(text)
    return number == number.to_integral_value()


def counted(number: int, what: str) -> str:
    """Return a number and its unit, in the plural where there are several or none.

    >>> counted(2, "row")
    '2 rows'
    """
    return f"{number} {what}" + ("" if number == 1 else "s")


def plain(value: Any) -> Any:
    """Return a value that JSON can hold: itself, or its text."""
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):
        return str(value)
    return value
