"""Scores of captions and of attributes."""

from .attribute_scores import score_attributes as score_attributes
from .attribute_slots import read_slots as read_slots
from .caption_scores import score_captions as score_captions
