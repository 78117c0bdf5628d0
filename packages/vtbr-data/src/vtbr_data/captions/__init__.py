"""Captions from attributes."""

from .captions import CaptionStyle, caption_rows, captions_of, describe, every_caption
from .grammar import ORDERS, STYLES

__all__ = ["ORDERS", "STYLES", "CaptionStyle", "caption_rows", "captions_of", "describe", "every_caption"]
