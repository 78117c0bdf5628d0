"""What happens to a caption before the network reads it: sides are swapped, a word exchanged, tokens cut.

L tokens.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ..attributes import COLOURS

if TYPE_CHECKING:
    from tokenizers import Tokenizer

PAD, SOS, EOS = 0, 1, 2
"""Ids of special tokens."""

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


_KINDS = (
    COLOURS,
    ("man", "woman"), ("men", "women"), ("male", "female"), ("he", "she"), ("his", "her"),
    ("trousers", "shorts", "skirt"),
    ("short", "long"),
    ("light", "dark"),
    ("teenage", "adult", "older"),
    ("with", "without"),
)  # fmt: skip
"""Words of a kind: with another of them in its place, a caption describes a near-twin."""
_OF_KIND = {word: kind for kind in _KINDS for word in kind}
_EXCHANGEABLE = re.compile(rf"\b(?:{'|'.join(sorted(_OF_KIND))})\b", re.IGNORECASE)


def exchange_word(caption: str, number: float) -> str:
    """Return the caption with one word exchanged for another of its kind, so that it is true of a near-twin.

    `number` in [0, 1) chooses the word and what it becomes. A caption without such a word stays as it is.

    >>> exchange_word("A woman in a red coat", 0.1), exchange_word("A woman in a red coat", 0.99)
    ('A man in a red coat', 'A woman in a brown coat')
    """
    found = list(_EXCHANGEABLE.finditer(caption))
    if not found:
        return caption
    place, rest = divmod(number * len(found), 1)
    match = found[int(place)]
    kind = _OF_KIND[match.group().lower()]
    others = [word for word in kind if word != match.group().lower()]
    word = others[int(rest * len(others))]
    word = word.capitalize() if match.group()[0].isupper() else word
    return f"{caption[: match.start()]}{word}{caption[match.end() :]}"


def encode_caption(tokenizer: Tokenizer, caption: str, max_tokens: int) -> Tensor:
    """Return the caption's token ids between [SOS] and [EOS], int64 (L,), L at most `max_tokens`.

    The words are cut, never [EOS]. Special tokens that the caption spells are text.
    """
    if not tokenizer.encode_special_tokens:  # lost where a worker process gets a copy
        tokenizer.encode_special_tokens = True
    words = tokenizer.encode(caption).ids[: max_tokens - 2]
    return torch.tensor([SOS, *words, EOS])
