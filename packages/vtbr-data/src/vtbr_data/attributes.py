"""The attributes of docs/formats.md and the values each may have."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

TABLE_WORDS: Mapping[str, Any] = json.loads(Path(__file__).with_name("table_words.json").read_text("utf-8"))
"""The words of docs/formats.md, Tables; vtbr-models and vtbr-eval hold the same file."""

VALUES: Mapping[str, tuple[object, ...]] = {
    name: tuple(values) for name, values in TABLE_WORDS["attributes"].items() if values
}
"""Every known attribute that has a closed list of values; `viewpoint` (degrees, 0 to 359) is the one that has
none."""

KNOWN = (*VALUES, "viewpoint")
COLOURS: tuple[str, ...] = tuple(TABLE_WORDS["attributes"]["upper_colour"])
WEATHERS: tuple[str, ...] = tuple(TABLE_WORDS["attributes"]["weather"])
ILLUMINATIONS: tuple[str, ...] = tuple(TABLE_WORDS["attributes"]["illumination"])


def problems(attributes: Mapping[str, object]) -> Iterator[str]:
    """Say of each known attribute with an impossible value what is wrong; unknown attributes are left alone.

    >>> list(problems({"hat": True, "hair": "curly", "mood": "fine"}))
    ["hair is 'curly', not one of short, long"]
    """
    for name, value in attributes.items():
        if name == "viewpoint":
            if type(value) is not int or not 0 <= value <= 359:
                yield f"viewpoint is {value!r}, not a whole number of degrees from 0 to 359"
        elif name in VALUES and not _is_one_of(value, VALUES[name]):
            yield f"{name} is {value!r}, not one of {', '.join(map(_spelled, VALUES[name]))}"


def _is_one_of(value: object, allowed: tuple[object, ...]) -> bool:
    # 1 == True in Python, but not in JSON.
    return any(value is one if isinstance(one, bool) else value == one for one in allowed)


def _spelled(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
