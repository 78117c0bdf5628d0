"""What single cells of a table mean: numbers, captions and attributes (docs/formats.md, Tables)."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from .cells import load_json, text_of

EMPTY = {"", "nan", "none", "null", "na", "n/a", "<na>"}
NO_ATTRIBUTE = EMPTY - {"none"}
"""Texts that stand for nothing, in lower case."""
NUMBER = re.compile(r"-?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]{1,6})?")

_BOOLEANS = ("false", "true")
_COLOURS = ("black", "white", "red", "purple", "gray", "yellow", "blue", "green", "brown")
ATTRIBUTES: dict[str, Sequence[str]] = {
    "gender": ("male", "female"),
    "age": ("teenager", "adult", "older"),
    "hair": ("short", "long"),
    "glasses": _BOOLEANS,
    "dress": _BOOLEANS,
    "boots": _BOOLEANS,
    "hat": _BOOLEANS,
    "bag": _BOOLEANS,
    "sleeves": ("short", "long"),
    "top": ("short", "long"),
    "shoes": ("dark", "light"),
    "upper_colour": _COLOURS,
    "lower_colour": _COLOURS,
    "lower": ("trousers", "shorts", "skirt"),
    "viewpoint": (),
    "weather": ("sunny", "clouds", "overcast", "foggy", "neutral", "blizzard", "snowlight"),
    "illumination": ("midnight", "dawn", "forenoon", "noon", "afternoon", "dusk", "night"),
    "scene": ("urban", "wild"),
}
"""The known attributes with their values; a viewpoint is a number of degrees."""

_OTHER_WORDS = {"grey": "gray", "m": "male", "man": "male", "f": "female", "woman": "female"}
_TRUTHS = {"true": True, "yes": True, "y": True, "1": True, "1.0": True,
           "false": False, "no": False, "n": False, "0": False, "0.0": False}  # fmt: skip


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
    if set(ATTRIBUTES[name]) == {"true", "false"}:
        return (_TRUTHS[lower], True) if lower in _TRUTHS else (text, False)
    value = _OTHER_WORDS.get(lower, lower)
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
