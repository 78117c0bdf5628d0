"""The words for each attribute, as docs/formats.md (Caption wording) has them.

Each function returns one part of a caption, empty when nothing is known of it; `choose` picks among wordings,
of which the first is always the plainest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

Choose = Callable[[Sequence[str]], str]
Attributes = Mapping[str, Any]

UPPER_BY_SLEEVES = {
    "short": (
        "short-sleeved shirt",
        "t-shirt",
        "tee",
        "polo",
        "short-sleeved top",
        "shirt with short sleeves",
    ),
    "long": (
        "long-sleeved shirt",
        "sweater",
        "pullover",
        "jacket",
        "jumper",
        "long-sleeved top",
        "top with long sleeves",
    ),
    None: ("top", "shirt"),
}
"""Nouns that say nothing of sleeves, for when they are unknown."""
LOWER_BY_KIND = {
    "trousers": ("trousers", "pants", "slacks"),
    "shorts": ("shorts",),
    "skirt": ("skirt",),
    None: ("trousers", "pants", "bottoms"),
}
DRESSES = ("dress", "frock")

_PEOPLE = {
    ("male", "teenager"): ("teenage boy", "young man", "boy", "male teenager"),
    ("male", "adult"): ("man", "adult man", "grown man", "male adult"),
    ("male", "older"): ("older man", "elderly man", "old man", "elderly gentleman"),
    ("male", None): ("man", "male person", "male pedestrian"),
    ("female", "teenager"): ("teenage girl", "young woman", "girl", "female teenager"),
    ("female", "adult"): ("woman", "adult woman", "grown woman", "female adult"),
    ("female", "older"): ("older woman", "elderly woman", "old woman", "elderly lady"),
    ("female", None): ("woman", "female person", "female pedestrian"),
    (None, "teenager"): ("teenager", "young person", "young pedestrian", "adolescent"),
    (None, "adult"): ("adult", "adult person", "grown person", "adult pedestrian"),
    (None, "older"): ("older person", "elderly person", "old pedestrian", "older pedestrian"),
    (None, None): ("person", "pedestrian", "passer-by"),
}
_SUBJECT = {
    "male": ("the person", "he", "he", "the pedestrian"),
    "female": ("the person", "she", "she", "the pedestrian"),
    None: ("the person", "the pedestrian"),
}
_HAIR = ("with {} hair", "having {} hair", "-haired")

_WEATHER = {
    "sunny": ("in sunny weather", "in clear weather", "in fine weather", "in sunshine"),
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
    "urban": ("in the city", "in town", "in a street", "on a city street", "among buildings"),
    "wild": ("in the countryside", "in nature", "in the wild", "in open country"),
}
_DAY = {  # both in one: "on a foggy morning"
    "sunny": ("sunny", "clear"),
    "clouds": ("cloudy",),
    "overcast": ("overcast", "dull"),
    "foggy": ("foggy", "misty"),
    "neutral": ("calm", "mild"),
}
_TIME = {
    "forenoon": ("morning", "forenoon"),
    "afternoon": ("afternoon",),
    "dusk": ("evening",),
    "night": ("night",),
}

# Eight sectors of 45 degrees around 0, 45, 90, ...; left and right are those of the picture.
_VIEWPOINT = (
    ("facing left", "in profile looking left", "seen from the side facing left", "turned to the left",
     "looking to the left", "shown in profile facing left"),
    ("facing front left", "seen from the front turned left", "turned half left towards the viewer",
     "facing the front and left"),
    ("seen from the front", "facing the camera", "viewed from the front", "looking towards the viewer",
     "shown from the front"),
    ("facing front right", "seen from the front turned right", "turned half right towards the viewer",
     "facing the front and right"),
    ("facing right", "in profile looking right", "seen from the side facing right", "turned to the right",
     "looking to the right", "shown in profile facing right"),
    ("facing back right", "seen from behind turned right", "turned away to the right",
     "seen from the back and facing right"),
    ("seen from behind", "facing away", "viewed from the back", "turned away from the camera",
     "shown from behind"),
    ("facing back left", "seen from behind turned left", "turned away to the left",
     "seen from the back and facing left"),
)  # fmt: skip


def person(attributes: Attributes, choose: Choose) -> str:
    """Return gender, age and hair: `a young woman with long hair`, `a long-haired young woman`."""
    who = choose(_PEOPLE[attributes.get("gender"), attributes.get("age")])
    if "hair" not in attributes:
        return with_article(who)
    said = choose(_HAIR)
    if said == "-haired":
        return with_article(f"{attributes['hair']}-haired {who}")
    return f"{with_article(who)} {said.format(attributes['hair'])}"


def subject(attributes: Attributes, choose: Choose) -> str:
    """Return the subject of a further sentence: `she`, `the person`."""
    return choose(_SUBJECT[attributes.get("gender")])


def clothes(attributes: Attributes, choose: Choose) -> str:
    """Return garments with their colours: `a red t-shirt and blue trousers`, `trousers in blue below a red
    top`.
    """
    upper, lower = attributes.get("upper_colour"), attributes.get("lower_colour")
    if attributes.get("dress"):
        return _dress(attributes, choose, upper, lower)
    above = below = ""
    if upper or "sleeves" in attributes or "top" in attributes:
        noun = choose(UPPER_BY_SLEEVES[attributes.get("sleeves")])
        # "a long red long-sleeved top" confuses
        is_long = attributes.get("top") == "long" and "sleeve" not in noun
        above = _garment(upper, noun, choose, "long " if is_long else "")
    if lower or "lower" in attributes:
        below = _garment(lower, choose(LOWER_BY_KIND[attributes.get("lower")]), choose)
    if not (above and below):
        return above or below
    return choose(
        (
            "{0} and {1}",
            "{0} with {1}",
            "{0} over {1}",
            "{1} and {0}",
            "{1} below {0}",
            "{0} together with {1}",
        )
    ).format(above, below)


def surroundings(attributes: Attributes, choose: Choose) -> str:
    """Return illumination, weather and scene: `at dusk in fog in the city`, `on a foggy morning in town`."""
    said = {
        name: choose(words[attributes[name]])
        for name, words in (("illumination", _ILLUMINATION), ("weather", _WEATHER), ("scene", _SCENE))
        if name in attributes
    }
    if len(said) < 2:
        return "".join(said.values())
    day, time = _DAY.get(attributes.get("weather", "")), _TIME.get(attributes.get("illumination", ""))
    if day and time and choose(("apart", "in one")) == "in one":
        said = {
            "day": f"on {with_article(f'{choose(day)} {choose(time)}')}",
            "scene": said.get("scene", ""),
        }
    order = choose(("as it is", "as it is", "turned round"))
    parts = list(said.values()) if order == "as it is" else list(said.values())[::-1]
    return " ".join(part for part in parts if part)


def viewpoint(attributes: Attributes, choose: Choose) -> str:
    """Return from where the person is seen; 0 faces the left edge of the picture, 90 the camera.

    All wordings can follow "is".
    """
    if "viewpoint" not in attributes:
        return ""
    return choose(_VIEWPOINT[(attributes["viewpoint"] * 2 + 45) // 90 % 8])


def things(attributes: Attributes, choose: Choose) -> str:
    """Return glasses, hat, bag and footwear: `glasses, a hat and dark boots`. Absent
    things are not mentioned.
    """
    worn, carried, feet = _things(attributes, choose)
    return _listed([*worn, *carried, *feet])


def extras(attributes: Attributes, choose: Choose) -> str:
    """Return the same things with verbs: `with glasses and a bag`, `wearing a hat and carrying a bag`."""
    worn, carried, feet = _things(attributes, choose)
    if choose(("in one", "in one", "by kind")) == "in one":
        return f"with {_listed([*worn, *carried, *feet])}" if worn or carried or feet else ""
    worn, feet = (worn, feet) if choose(("apart", "together")) == "apart" else (worn + feet, [])
    kinds = (("wearing", worn), (choose(("carrying", "with")), carried), (choose(("in", "with")), feet))
    return _listed([f"{verb} {_listed(said)}" for verb, said in kinds if said])


def with_article(words: str) -> str:
    """Return the noun with its article: `a man`, `an old man`."""
    return f"an {words}" if words[0] in "aeio" else f"a {words}"


def _things(attributes: Attributes, choose: Choose) -> tuple[list[str], list[str], list[str]]:
    worn = [choose(("glasses", "eyeglasses", "spectacles"))] if attributes.get("glasses") else []
    worn += ["a hat"] if attributes.get("hat") else []
    if attributes.get("boots"):
        footwear = choose(("boots", "boots", "a pair of boots"))
    else:
        footwear = choose(("shoes", "shoes", "footwear", "a pair of shoes"))
    feet = []
    if "shoes" in attributes:
        *before, noun = footwear.split()
        feet = [" ".join([*before, attributes["shoes"], noun])]
    elif attributes.get("boots"):
        feet = [footwear]
    return worn, ["a bag"] if attributes.get("bag") else [], feet


def _listed(parts: Sequence[str]) -> str:
    return " and ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else "".join(parts)


def _dress(attributes: Attributes, choose: Choose, upper: str | None, lower: str | None) -> str:
    noun = choose(DRESSES)
    if upper == lower:
        sleeves = attributes.get("sleeves")
        return _garment(upper, f"{sleeves}-sleeved {noun}" if sleeves else noun, choose)
    halves = [_garment(upper, "top", choose)] if upper else []
    halves += [_garment(lower, "skirt", choose)] if lower else []
    return f"a {noun} with {_listed(halves)}"


def _garment(colour: str | None, noun: str, choose: Choose, adjective: str = "") -> str:
    """Colour and garment with `a` or nothing before: `a long red coat`, `blue trousers`, `a coat in red`."""
    head = noun.split(" with ")[0]
    is_pair = head.endswith("s") and not head.endswith("dress")
    place = choose(("before", "before", "before", "behind")) if colour else ""
    words = f"{adjective}{colour} {noun}" if place == "before" else f"{adjective}{noun}"
    if place == "behind":
        words = f"{adjective}{head} in {colour}{noun[len(head) :]}"
    if not is_pair:
        return with_article(words)
    return f"{choose(('', '', '', 'a pair of '))}{words}"
