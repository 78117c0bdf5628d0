"""Read attributes back from a caption (docs/formats.md, "Reading captions back").

What the wording does not always say, such as how far down a top reaches, is not read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Set

from .slots import ADJECTIVES, LOWER, UPPER, caption_words, colours

Value = str | bool | int

_PEOPLE = {
    "male": {"man", "boy", "male", "gentleman"},
    "female": {"woman", "girl", "female", "lady"},
}
_AGES = {  # the first that is named counts: an elderly man is no adult, a young man neither
    "older": {"older", "elderly", "old", "senior"},
    "teenager": {"teenage", "teenager", "adolescent", "young", "boy", "girl"},
    "adult": {"adult", "grown", "man", "woman", "gentleman", "lady"},
}
_THINGS = {
    "glasses": {"glasses", "eyeglasses", "spectacles", "sunglasses"},
    "dress": {"dress", "frock"},
    "boots": {"boots"},
    "hat": {"hat", "cap", "beanie"},
    "bag": {"bag", "backpack", "handbag", "rucksack", "satchel"},
}
_SLEEVES = {
    "short": {"short-sleeved", "t-shirt", "tee", "polo"},
    "long": {"long-sleeved", "sweater", "pullover", "jumper", "jacket", "hoodie", "coat"},
}
_KINDS = {"shorts": {"shorts"}, "skirt": {"skirt"}, "trousers": LOWER - {"shorts", "skirt"}}

_SURROUNDINGS = {
    "weather": {
        "sunny": r"sunny|sunshine|clear|fine weather",
        "clouds": r"clouds|cloudy",
        "overcast": r"overcast|dull",
        "foggy": r"fog|foggy|mist|misty",
        "neutral": r"plain weather|calm|mild",
        "blizzard": r"blizzard|snowstorm|driving snow",
        "snowlight": r"light snow|little snow|light snowfall",
    },
    "illumination": {  # "before noon" comes before "noon"
        "midnight": r"midnight",
        "dawn": r"dawn|daybreak|sunrise",
        "forenoon": r"forenoon|morning|before noon",
        "afternoon": r"afternoon|after noon",
        "noon": r"noon|midday",
        "dusk": r"dusk|twilight|sunset|evening",
        "night": r"night|after dark",
    },
    "scene": {"urban": r"city|town|street|buildings", "wild": r"countryside|nature|the wild|open country"},
}
_PATTERNS = {
    slot: {value: re.compile(rf"\b(?:{pattern})\b") for value, pattern in values.items()}
    for slot, values in _SURROUNDINGS.items()
}
_PARTS = re.compile("[,.;]")
_LOOKS = re.compile(r"\b(?:facing|looking|turned|seen|viewed|shown|profile|from)\b")
_FRONT, _BACK = {"front", "camera", "viewer"}, {"back", "behind", "away"}
_SECTOR = {
    (None, "left"): 0, ("front", "left"): 1, ("front", None): 2, ("front", "right"): 3,
    (None, "right"): 4, ("back", "right"): 5, ("back", None): 6, ("back", "left"): 7,
}  # fmt: skip


def read_slots(caption: str) -> dict[str, Value | None]:
    """Returns what the caption says of each attribute; None where it says nothing.

    Things (`glasses`, `hat`, ...) are True or False: captions do not mention what is absent. The
    viewpoint is a sector of 45 degrees, see `sector`.

    >>> said = read_slots("an old man in a red t-shirt and shorts, at dusk, facing left, with a hat")
    >>> said["age"], said["sleeves"], said["lower"], said["illumination"], said["viewpoint"], said["hat"]
    ('older', 'short', 'shorts', 'dusk', 0, True)
    """
    return {slot: read(caption.lower()) for slot, read in _READERS.items()}


def sector(degrees: int) -> int:
    """Returns which of eight sectors a viewpoint lies in: 0 around 0 degrees, 1 around 45, ...

    >>> sector(350), sector(90)
    (0, 2)
    """
    return (degrees * 2 + 45) // 90 % 8


def _first_named(values: Mapping[str, Set[str]]) -> Callable[[str], str | None]:
    def read(caption: str) -> str | None:
        said = set(caption_words(caption))
        return next((value for value, names in values.items() if said & names), None)

    return read


def _named(names: set[str]) -> Callable[[str], bool]:
    return lambda caption: not names.isdisjoint(caption_words(caption))


def _word_before(nouns: set[str], values: set[str]) -> Callable[[str], str | None]:
    def read(caption: str) -> str | None:
        said = caption_words(caption.replace("-haired", " hair"))
        before = (said[i - 1] for i in range(1, len(said)) if said[i] in nouns)
        return next((word for word in before if word in values), None)

    return read


def _sleeves(caption: str) -> str | None:
    """Reads sleeves from their own words, else from the first upper garment whose name implies them."""
    said = caption_words(caption.replace(" sleeves", "-sleeved"))
    named = [word for word in said if word in ADJECTIVES and word.endswith("-sleeved")]
    for word in [*named, *(word for word in said if word in UPPER)]:
        for value, names in _SLEEVES.items():
            if word in names:
                return value
    return None


def _lower(caption: str) -> str | None:
    """Returns the kind of lower garment; a dress has none, the skirt of one is its lower half."""
    return None if _named(_THINGS["dress"])(caption) else _first_named(_KINDS)(caption)


def _matched(slot: str) -> Callable[[str], str | None]:
    patterns = _PATTERNS[slot]
    return lambda caption: next((value for value, p in patterns.items() if p.search(caption)), None)


def _viewpoint(caption: str) -> int | None:
    """Reads the viewpoint from the part between commas or full stops that says how the person is seen."""
    for part in _PARTS.split(caption):
        if not _LOOKS.search(part):
            continue
        said = set(caption_words(part))
        # "away from the camera" names both.
        depth = "back" if said & _BACK else "front" if said & _FRONT else None
        side = "left" if "left" in said else "right" if "right" in said else None
        if (depth, side) in _SECTOR:
            return _SECTOR[depth, side]
    return None


_READERS: dict[str, Callable[[str], Value | None]] = {
    "upper_colour": lambda caption: colours(caption).upper,
    "lower_colour": lambda caption: colours(caption).lower,
    "gender": _first_named(_PEOPLE),
    "age": _first_named(_AGES),
    "hair": _word_before({"hair"}, {"short", "long"}),
    "sleeves": _sleeves,
    "lower": _lower,
    "shoes": _word_before({"shoes", "boots", "footwear"}, {"dark", "light"}),
    **{slot: _named(names) for slot, names in _THINGS.items()},
    "viewpoint": _viewpoint,
    **{slot: _matched(slot) for slot in _PATTERNS},
}
