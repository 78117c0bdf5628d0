"""Captions from attributes."""

from .captions import OPTIONAL_NAMES, CaptionStyle, caption_rows, captions_of, describe, every_caption
from .grammar import ORDERS, STYLES

__all__ = [
    "OPTIONAL_NAMES",
    "ORDERS",
    "STYLES",
    "CaptionStyle",
    "caption_rows",
    "captions_of",
    "describe",
    "every_caption",
]
