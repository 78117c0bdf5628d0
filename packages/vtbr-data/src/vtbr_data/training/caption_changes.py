"""What augmentation means for captions: sides that change places, colours that would become untrue."""

from __future__ import annotations

import re

from ..attributes import COLOURS

_SIDES = {"left": "right", "right": "left"}
_SIDE = re.compile(r"\b(left|right)\b", re.IGNORECASE)


def swap_left_right(caption: str) -> str:
    """The caption of the mirrored picture: the words "left" and "right" change places, their case kept.

    Only whole words count.

    >>> swap_left_right("Facing left, a bright leftover bag on the Right")
    'Facing right, a bright leftover bag on the Left'
    """
    return _SIDE.sub(_other_side, caption)


def _other_side(match: re.Match[str]) -> str:
    word = match.group()
    other = _SIDES[word.lower()]
    if word.isupper():
        return other.upper()
    return other.capitalize() if word[0].isupper() else other


_OTHERS = (
    "grey", "orange", "pink", "beige", "navy", "tan", "cyan", "teal", "turquoise", "magenta", "violet",
    "maroon", "burgundy", "crimson", "scarlet", "khaki", "olive", "lime", "lavender", "lilac", "indigo",
    "gold", "golden", "silver", "cream", "ivory", "blond", "blonde",
)  # fmt: skip
_COLOUR = re.compile(rf"\b(?:{'|'.join((*COLOURS, *_OTHERS))})(?:ish)?\b", re.IGNORECASE)


def names_colour(caption: str) -> bool:
    """Whether the caption has a word for a colour.

    >>> names_colour("a man in a Navy coat"), names_colour("a hundred people in a reddening sky")
    (True, False)
    """
    return _COLOUR.search(caption) is not None
