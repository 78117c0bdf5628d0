"""What a person is and wears in words: the attributes of docs/formats.md and finer ones. Never skin."""

from __future__ import annotations

from .clothes.garments import Garment
from .clothes.heads import LOOSE
from .clothes.palette import HAIRS, RGB, colour_word
from .clothes.surface import Pattern
from .person import Person

_PATTERNS = {
    Pattern.STRIPES_ACROSS: "striped",
    Pattern.STRIPES_ALONG: "striped",
    Pattern.CHECK: "checked",
    Pattern.BLOTCHES: "patterned",
    Pattern.DENIM: "denim",
    Pattern.BLOCKS: "two-coloured",
    Pattern.KNIT: "knitted",
    Pattern.DOTS: "dotted",
    Pattern.QUILTED: "padded",
}
_HAIR_WORDS = ("black", "black", "brown", "brown", "brown", "blond", "red", "gray", "white")


def describe(person: Person) -> dict[str, str | bool]:
    """All attributes; which of them a picture shows is for the renderer to say (`figure.SEEN_ON`)."""
    outfit = person.outfit
    upper = outfit.outer if outfit.outer is not None else outfit.top
    one_piece = outfit.top.kind in ("dress", "robe") and outfit.lower is None
    out: dict[str, str | bool] = {
        "gender": person.sex,
        "age": "teenager" if person.age == "child" else person.age,
        "hair": "long" if person.head.hair in (*LOOSE, "ponytail") else "short",
        "glasses": outfit.glasses != "none",
        "dress": one_piece,
        "boots": outfit.shoes.kind == "boots",
        "hat": outfit.hat is not None,
        "bag": outfit.bag is not None,
        "sleeves": "long" if upper.sleeve > 1.4 or outfit.top.sleeve > 1.4 else "short",
        "top": "long" if upper.hem < 0.80 else "short",
        "shoes": "light" if _lightness(outfit.shoes.cloth.colour) > 0.5 else "dark",
        "upper_colour": _main_colour(upper),
        "lower_colour": _main_colour(outfit.lower or outfit.top),
        "upper": upper.kind,
        "upper_pattern": _pattern(upper),
        "hair_style": person.head.hair,
        "hair_colour": _hair_word(person.head.hair_colour),
        "beard": person.head.beard,
    }
    if outfit.lower is not None:
        kind = outfit.lower.kind
        out["lower"] = {"skirt": "skirt", "sari": "skirt", "shorts": "shorts"}.get(kind, "trousers")
        out["lower_kind"] = kind
        out["lower_pattern"] = _pattern(outfit.lower)
    if outfit.outer is not None:
        out["inner_colour"] = _main_colour(outfit.top)
    if outfit.hat is not None:
        out |= {"hat_kind": outfit.hat.kind, "hat_colour": colour_word(outfit.hat.cloth.colour)}
    if outfit.bag is not None:
        out |= {"bag_kind": outfit.bag.kind, "bag_colour": colour_word(outfit.bag.cloth.colour)}
    if outfit.scarf is not None:
        out["scarf_colour"] = colour_word(outfit.scarf.colour)
    return out | {"shoe_kind": outfit.shoes.kind, "shoe_colour": colour_word(outfit.shoes.cloth.colour)}


def _main_colour(garment: Garment) -> str:
    """The word for the colour that most of the cloth has."""
    cloth = garment.cloth
    second_wins = cloth.pattern in (Pattern.STRIPES_ACROSS, Pattern.STRIPES_ALONG) and cloth.duty > 0.5
    if cloth.pattern == Pattern.BLOCKS and garment.hem < cloth.period:
        second_wins = cloth.period > 1.14  # more of the trunk lies below the border than above it
    return colour_word(cloth.second if second_wins else cloth.colour)


def _pattern(garment: Garment) -> str:
    if garment.cloth.print_number and garment.cloth.pattern in (Pattern.PLAIN, Pattern.KNIT):
        return "printed"
    return _PATTERNS.get(garment.cloth.pattern, "plain")


def _hair_word(colour: RGB) -> str:
    distance = [sum((a - b) ** 2 for a, b in zip(colour, known, strict=True)) for known in HAIRS]
    return _HAIR_WORDS[distance.index(min(distance))]


def _lightness(colour: RGB) -> float:
    return 0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2]
