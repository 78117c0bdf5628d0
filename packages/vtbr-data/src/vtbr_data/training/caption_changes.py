"""Adapts captions to augmentation: left and right are swapped, named colours are found."""

from __future__ import annotations

import re

from ..attributes import COLOURS

_SIDES = {"left": "right", "right": "left"}
_LEAVERS = "he|she|they|it|who|i|we|you|man|woman|person|people|boy|girl|lady|guy|pedestrian|passer-by"
_LEFT_BEHIND = "the|a|an|his|her|their|its|this|that|home|work|school|town|for|with|to"
_STATES = (
    "behind|alone|open|unzipped|unbuttoned|undone|untucked|loose|hanging|empty|free|out|over|unattended|bare"
)
_NO_SIDE = (
    rf"\b(?:{_LEAVERS})(?:\s+(?:just|already|has|had|have))*\s+left\s+(?:{_LEFT_BEHIND})\b"
    rf"|\b(?:has|have|had|having)\s+(?:just\s+|already\s+|recently\s+)?left\b"
    rf"|\bleft\s+(?:{_STATES})\b|\bleft[- ]?overs?\b"
    r"|\ball\s+right\b|\bright\s+(?:now|away|behind|beside|above|below|next\s+to|in\s+front)\b|\bright-angled\b"
)
"""Where "left" is a form of "leave", and "right" is no side."""
_SIDE = re.compile(rf"(?P<kept>{_NO_SIDE})|\b(?:left|right)\b", re.IGNORECASE)


def swap_left_right(caption: str) -> str:
    """Return the caption of the mirrored picture: the words "left" and "right" change places, their case
    kept.

    Only whole words count, and only where they mean a side: not "he left the shop", "left open", "right behind".

    >>> swap_left_right("Facing left, a bright leftover bag on the Right")
    'Facing right, a bright leftover bag on the Left'
    >>> swap_left_right("He left the shop on the left")
    'He left the shop on the right'
    """
    return _SIDE.sub(_other_side, caption)


def _other_side(match: re.Match[str]) -> str:
    word = match.group()
    if match["kept"]:
        return word
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
    """Return whether the caption has a word for a colour.

    >>> names_colour("a man in a Navy coat"), names_colour("a hundred people in a reddening sky")
    (True, False)
    """
    return _COLOUR.search(caption) is not None
