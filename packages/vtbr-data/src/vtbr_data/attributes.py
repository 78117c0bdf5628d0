"""The attributes of docs/formats.md and the values each may have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

COLOURS = ("black", "white", "red", "purple", "gray", "yellow", "blue", "green", "brown")
WEATHERS = ("sunny", "clouds", "overcast", "foggy", "neutral", "blizzard", "snowlight")
ILLUMINATIONS = ("midnight", "dawn", "forenoon", "noon", "afternoon", "dusk", "night")

_YES_NO = (True, False)

VALUES: Mapping[str, tuple[object, ...]] = {
    "gender": ("male", "female"),
    "age": ("teenager", "adult", "older"),
    "hair": ("short", "long"),
    "glasses": _YES_NO,
    "dress": _YES_NO,
    "boots": _YES_NO,
    "hat": _YES_NO,
    "bag": _YES_NO,
    "sleeves": ("short", "long"),
    "top": ("short", "long"),
    "shoes": ("dark", "light"),
    "upper_colour": COLOURS,
    "lower_colour": COLOURS,
    "lower": ("trousers", "shorts", "skirt"),
    "weather": WEATHERS,
    "illumination": ILLUMINATIONS,
    "scene": ("urban", "wild"),
}
"""Every known attribute that has a closed list of values; `viewpoint` (degrees, 0 to 359) is the one that has
none."""

KNOWN = (*VALUES, "viewpoint")


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
