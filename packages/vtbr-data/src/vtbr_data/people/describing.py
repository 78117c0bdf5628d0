"""What a person is and wears in words: the attributes of docs/formats.md and finer ones. Never skin."""

from __future__ import annotations

from .clothes.garments import Garment
from .clothes.heads import LOOSE
from .clothes.palette import HAIRS, RGB, colour_word, mixed
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
    """Return all attributes; which of them a picture shows is for the renderer to say (`figure.SEEN_ON`)."""
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
        "upper_colour": main_colour(upper),
        "lower_colour": main_colour(outfit.lower or outfit.top),
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
        out["inner_colour"] = main_colour(outfit.top)
    if outfit.hat is not None:
        out |= {"hat_kind": outfit.hat.kind, "hat_colour": colour_word(outfit.hat.cloth.colour)}
    if outfit.bag is not None:
        out |= {"bag_kind": outfit.bag.kind, "bag_colour": colour_word(outfit.bag.cloth.colour)}
    if outfit.scarf is not None:
        out["scarf_colour"] = colour_word(outfit.scarf.colour)
    return out | {"shoe_kind": outfit.shoes.kind, "shoe_colour": colour_word(outfit.shoes.cloth.colour)}


def main_colour(garment: Garment) -> str:
    """Return the word for the colours that most of the cloth has."""
    area: dict[str, float] = {}
    for share, colour in _areas(garment):
        word = colour_word(colour)
        area[word] = area.get(word, 0.0) + share
    return max(area, key=lambda word: area[word])


def main_shade(garment: Garment) -> RGB:
    """Return the colour of the largest area that `main_colour` names."""
    word = main_colour(garment)
    return max((share, colour) for share, colour in _areas(garment) if colour_word(colour) == word)[1]


def _areas(garment: Garment) -> list[tuple[float, RGB]]:
    """Return the shares of the cloth that have each colour, as `clothes.surface` paints them."""
    cloth = garment.cloth
    duty, first, second = cloth.duty, cloth.colour, cloth.second
    if cloth.pattern in (Pattern.STRIPES_ACROSS, Pattern.STRIPES_ALONG):
        return [(1 - duty, first), (duty, second)]
    if cloth.pattern == Pattern.CHECK:
        plain = [
            ((1 - duty) ** 2, first),
            (2 * duty * (1 - duty), mixed(first, second, 0.5)),
            (duty**2, second),
        ]
        lined = [(share * _LINES, mixed(colour, cloth.third, 0.4)) for share, colour in plain]
        return [(share * (1 - _LINES), colour) for share, colour in plain] + lined
    if cloth.pattern == Pattern.BLOTCHES:
        # Tails of a normal distribution, near enough.
        tail = max(0.0, 0.5 - 0.37 * duty + 0.07 * duty**2)
        other = max(0.0, 0.42 - 0.33 * duty)
        return [(1 - tail - other, first), (tail, second), (other, cloth.third)]
    if cloth.pattern == Pattern.BLOCKS:
        low = min(max((cloth.period - garment.hem) / (_SHOULDER - garment.hem), 0.0), 1.0)
        return [(1 - low, first), (low, second)]
    if cloth.pattern == Pattern.DOTS:
        return [(1 - 0.79 * duty**2, first), (0.79 * duty**2, second)]
    return [(1.0, first)]


_LINES = 1 - 0.86**2
"""Share of a check that its fine lines take."""
_SHOULDER = 1.40
"""Height of the shoulders of the average body, metres."""


def _pattern(garment: Garment) -> str:
    if garment.cloth.print_number and garment.cloth.pattern in (Pattern.PLAIN, Pattern.KNIT):
        return "printed"
    return _PATTERNS.get(garment.cloth.pattern, "plain")


def _hair_word(colour: RGB) -> str:
    distance = [sum((a - b) ** 2 for a, b in zip(colour, known, strict=True)) for known in HAIRS]
    return _HAIR_WORDS[distance.index(min(distance))]


def _lightness(colour: RGB) -> float:
    return 0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2]
