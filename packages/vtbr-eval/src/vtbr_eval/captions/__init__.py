"""Scores of captions and of attributes."""

from .attribute_scores import score_attributes as score_attributes
from .caption_scores import score_captions as score_captions
