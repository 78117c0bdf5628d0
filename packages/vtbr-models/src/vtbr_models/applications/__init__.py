"""What the commands do with a trained model and a manifest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..lazy import lazily

if TYPE_CHECKING:
    from .attribute_reading import attributed as attributed
    from .caption_scoring import Direction as Direction
    from .caption_scoring import ScoringConfig as ScoringConfig
    from .caption_scoring import read_candidates as read_candidates
    from .caption_scoring import scored as scored
    from .captioning import captioned as captioned
    from .explanation import ExplainingConfig as ExplainingConfig
    from .explanation import described as described
    from .explanation import described_files as described_files
    from .explanation import explain_captions as explain_captions
    from .explanation import explain_matches as explain_matches
    from .explanation import form_of as form_of
    from .explanation import searches as searches
    from .explanation import searches_of_files as searches_of_files
    from .explanation import write_maps as write_maps
    from .extraction import Extracted as Extracted
    from .extraction import ExtractionConfig as ExtractionConfig
    from .extraction import extract as extract
    from .extraction import extract_to as extract_to
    from .extractor import Created as Created
    from .extractor import Extractor as Extractor
    from .extractor import create as create
    from .nearest import nearest_captions as nearest_captions
    from .text_extraction import extract_texts_to as extract_texts_to
    from .whitening import Whitened as Whitened
    from .whitening import whiten as whiten

_HOMES = {
    "Created": "extractor",
    "Direction": "caption_scoring",
    "ExplainingConfig": "explanation",
    "Extracted": "extraction",
    "Extractor": "extractor",
    "ExtractionConfig": "extraction",
    "ScoringConfig": "caption_scoring",
    "Whitened": "whitening",
    "attributed": "attribute_reading",
    "captioned": "captioning",
    "create": "extractor",
    "described": "explanation",
    "described_files": "explanation",
    "explain_captions": "explanation",
    "explain_matches": "explanation",
    "extract": "extraction",
    "extract_texts_to": "text_extraction",
    "extract_to": "extraction",
    "form_of": "explanation",
    "nearest_captions": "nearest",
    "read_candidates": "caption_scoring",
    "scored": "caption_scoring",
    "searches": "explanation",
    "searches_of_files": "explanation",
    "whiten": "whitening",
    "write_maps": "explanation",
}
__getattr__ = lazily(__name__, _HOMES)
