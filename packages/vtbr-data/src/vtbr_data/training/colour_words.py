"""Captions that name colours, which a shift of hue would make untrue."""

from __future__ import annotations

import re

from ..attributes import COLOURS

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
