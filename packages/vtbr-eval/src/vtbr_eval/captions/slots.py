"""Read a garment's colour back from a caption (docs/formats.md, "Caption wording")."""

from __future__ import annotations

import re
from dataclasses import dataclass

COLOURS = frozenset({"black", "white", "red", "purple", "gray", "yellow", "blue", "green", "brown"})
UPPER = frozenset(
    {"top", "shirt", "t-shirt", "tee", "polo", "blouse", "sweater", "pullover", "jumper", "jacket", "coat"}
    | {"hoodie"}
)
LOWER = frozenset({"trousers", "pants", "slacks", "jeans", "bottoms", "leggings", "shorts", "skirt"})
ONE_PIECE = frozenset({"dress", "frock"})
GARMENTS = UPPER | LOWER | ONE_PIECE
ADJECTIVES = frozenset({"short-sleeved", "long-sleeved", "short", "long", "plain"})
MOST_ADJECTIVES = 2

_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")


@dataclass(frozen=True, slots=True)
class Colours:
    """The colours that a caption names; None where it names none."""

    upper: str | None = None
    lower: str | None = None


def colours(caption: str) -> Colours:
    """Returns the colours of the first upper and the first lower garment that have one.

    A one-piece garment's colour is both.

    >>> colours("A man in a long red coat and blue trousers, facing left.")
    Colours(upper='red', lower='blue')
    >>> colours("a woman wearing a green dress")
    Colours(upper='green', lower='green')
    >>> colours("trousers in blue below a shirt in red")
    Colours(upper='red', lower='blue')
    """
    words = caption_words(caption)
    upper = lower = None
    for position, word in enumerate(words):
        if word not in GARMENTS:
            continue
        colour = _colour_before(words, position) or _colour_behind(words, position)
        if word in UPPER or word in ONE_PIECE:
            upper = upper or colour
        if word in LOWER or word in ONE_PIECE:
            lower = lower or colour
    return Colours(upper, lower)


def caption_words(caption: str) -> list[str]:
    """Returns words of letters with hyphens inside, in lower case."""
    return _WORD.findall(caption.lower())


def _colour_before(words: list[str], position: int) -> str | None:
    before = position - 1
    while before > position - 1 - MOST_ADJECTIVES and before > 0 and words[before] in ADJECTIVES:
        before -= 1
    return words[before] if before >= 0 and words[before] in COLOURS else None


def _colour_behind(words: list[str], position: int) -> str | None:
    """Reads the colour of "a shirt in red"; not of "a shirt in red trousers"."""
    match words[position + 1 : position + 3]:
        case ["in", colour] if colour in COLOURS:
            after = position + 3
            rest = words[after : after + MOST_ADJECTIVES + 1]
            noun = next((word for word in rest if word not in ADJECTIVES), "")
            return None if noun in GARMENTS else colour
    return None
