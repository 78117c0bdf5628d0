"""What is said of each attribute: the words of docs/formats.md, "Caption wording".

Each function returns one part of a caption, empty when nothing is known of it; `choose` picks among wordings.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

Choose = Callable[[Sequence[str]], str]
Attributes = Mapping[str, Any]

UPPER_BY_SLEEVES = {
    "short": ("t-shirt", "tee", "polo", "short-sleeved shirt", "short-sleeved top"),
    "long": ("sweater", "pullover", "jacket", "jumper", "long-sleeved shirt", "long-sleeved top"),
    None: ("top", "shirt", "blouse", "jacket", "coat"),
}
LOWER_BY_KIND = {
    "trousers": ("trousers", "pants", "slacks"),
    "shorts": ("shorts",),
    "skirt": ("skirt",),
    None: ("trousers", "pants", "bottoms"),
}
DRESSES = ("dress", "frock")

_PEOPLE = {
    ("male", "teenager"): ("a teenage boy", "a young man", "a boy"),
    ("male", "adult"): ("a man", "an adult man", "a grown man"),
    ("male", "older"): ("an older man", "an elderly man", "an old man"),
    ("male", None): ("a man", "a male person", "a male pedestrian"),
    ("female", "teenager"): ("a teenage girl", "a young woman", "a girl"),
    ("female", "adult"): ("a woman", "an adult woman", "a grown woman"),
    ("female", "older"): ("an older woman", "an elderly woman", "an old woman"),
    ("female", None): ("a woman", "a female person", "a female pedestrian"),
    (None, "teenager"): ("a teenager", "a young person", "a young pedestrian"),
    (None, "adult"): ("an adult", "an adult person", "a grown person"),
    (None, "older"): ("an older person", "an elderly person", "an old pedestrian"),
    (None, None): ("a person", "a pedestrian", "somebody"),
}
_HAIR = {"short": "with short hair", "long": "with long hair"}

_WEATHER = {
    "sunny": ("in sunny weather", "in clear weather", "in fine weather"),
    "clouds": ("in cloudy weather", "under clouds", "under a cloudy sky"),
    "overcast": ("in overcast weather", "under overcast skies", "under a dull sky"),
    "foggy": ("in foggy weather", "in fog", "in the mist"),
    "neutral": ("in plain weather", "in calm weather", "in mild weather"),
    "blizzard": ("in a blizzard", "in a snowstorm", "in driving snow"),
    "snowlight": ("in light snow", "in a little snow", "in light snowfall"),
}
_ILLUMINATION = {
    "midnight": ("at midnight", "around midnight"),
    "dawn": ("at dawn", "at daybreak", "at sunrise"),
    "forenoon": ("in the forenoon", "in the morning", "before noon"),
    "noon": ("at noon", "at midday"),
    "afternoon": ("in the afternoon", "after noon"),
    "dusk": ("at dusk", "at twilight", "at sunset"),
    "night": ("at night", "after dark"),
}
_SCENE = {
    "urban": ("in the city", "in town", "in a street"),
    "wild": ("in the countryside", "in nature", "in the wild"),
}

# Eight sectors of 45 degrees around 0, 45, 90, ...; left and right are those of the picture.
_VIEWPOINT = (
    ("facing left", "in profile looking left", "from the side facing left"),
    ("facing front left", "from the front turned left"),
    ("seen from the front", "facing the camera", "viewed from the front"),
    ("facing front right", "from the front turned right"),
    ("facing right", "in profile looking right", "from the side facing right"),
    ("facing back right", "from behind turned right"),
    ("seen from behind", "facing away", "viewed from the back"),
    ("facing back left", "from behind turned left"),
)


def person(attributes: Attributes, choose: Choose) -> str:
    """Gender, age and hair: `a young woman with long hair`."""
    who = choose(_PEOPLE[attributes.get("gender"), attributes.get("age")])
    return f"{who} {_HAIR[attributes['hair']]}" if "hair" in attributes else who


def clothes(attributes: Attributes, choose: Choose) -> str:
    """Garments with their colours, each colour right before its garment: `a red t-shirt and blue
    trousers`."""
    upper, lower = attributes.get("upper_colour"), attributes.get("lower_colour")
    if attributes.get("dress"):
        return _dress(attributes, choose, upper, lower)
    said = []
    if upper or "sleeves" in attributes or "top" in attributes:
        noun = choose(UPPER_BY_SLEEVES[attributes.get("sleeves")])
        is_long = (
            attributes.get("top") == "long" and "sleeved" not in noun
        )  # "a long red long-sleeved top" confuses
        said.append(_garment(upper, noun, "long" if is_long else None))
    if lower or "lower" in attributes:
        said.append(_garment(lower, choose(LOWER_BY_KIND[attributes.get("lower")]), None))
    return " and ".join(said)


def surroundings(attributes: Attributes, choose: Choose) -> str:
    """Illumination, weather and scene: `at dusk in fog in the city`."""
    known = [
        choose(words[attributes[name]])
        for name, words in (("illumination", _ILLUMINATION), ("weather", _WEATHER), ("scene", _SCENE))
        if name in attributes
    ]
    return " ".join(known)


def viewpoint(attributes: Attributes, choose: Choose) -> str:
    """From where the person is seen; 0 faces the left edge of the picture, 90 the camera."""
    if "viewpoint" not in attributes:
        return ""
    return choose(_VIEWPOINT[(attributes["viewpoint"] * 2 + 45) // 90 % 8])


def extras(attributes: Attributes, choose: Choose) -> str:
    """Glasses, hat, bag and footwear: `glasses, a hat and dark boots`. What is not there is not spoken of."""
    said = []
    if attributes.get("glasses"):
        said.append(choose(("glasses", "eyeglasses")))
    said += [f"a {name}" for name in ("hat", "bag") if attributes.get(name)]
    footwear = "boots" if attributes.get("boots") else "shoes"
    if "shoes" in attributes:
        said.append(f"{attributes['shoes']} {footwear}")
    elif footwear == "boots":
        said.append("boots")
    return " and ".join([", ".join(said[:-1]), said[-1]]) if len(said) > 1 else "".join(said)


def _dress(attributes: Attributes, choose: Choose, upper: str | None, lower: str | None) -> str:
    noun = choose(DRESSES)
    if upper == lower:
        sleeves = attributes.get("sleeves")
        return _garment(upper, f"{sleeves}-sleeved {noun}" if sleeves else noun, None)
    halves = [_garment(upper, "top", None)] if upper else []
    halves += [_garment(lower, "skirt", None)] if lower else []
    return f"a {noun} with {' and '.join(halves)}"


def _garment(colour: str | None, noun: str, adjective: str | None) -> str:
    """Colour and garment with `a` or nothing before: `a long red coat`, `blue trousers`."""
    words = " ".join(word for word in (adjective, colour, noun) if word)
    return words if noun.endswith("s") and not noun.endswith("dress") else f"a {words}"
