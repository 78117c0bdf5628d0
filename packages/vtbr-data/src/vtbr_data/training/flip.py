"""A picture mirrored left to right needs a caption mirrored alike."""

from __future__ import annotations

import re

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
