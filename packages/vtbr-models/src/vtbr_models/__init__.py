"""Backbones, caption decoders and Re-ID embedders: describe, extract, caption, export."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .lazy import lazily

__version__ = "0.1.0"

if TYPE_CHECKING:
    from .applications import Extractor as Extractor
    from .applications import create as create
    from .backbones import Backbone as Backbone
    from .backbones import build_backbone as build_backbone
    from .captioner import AttributeVocabulary as AttributeVocabulary
    from .captioner import Captioner as Captioner
    from .captioner import TextualHead as TextualHead
    from .checkpoint import Checkpoint as Checkpoint
    from .checkpoint import build_model as build_model
    from .checkpoint import load_backbone as load_backbone
    from .checkpoint import load_checkpoint as load_checkpoint
    from .checkpoint import read_metadata as read_metadata
    from .checkpoint import save_checkpoint as save_checkpoint
    from .decoding import BeamSearch as BeamSearch
    from .decoding import Caption as Caption
    from .decoding import Sampling as Sampling
    from .decoding import generate as generate
    from .decoding import score as score
    from .embedder import Embedder as Embedder
    from .errors import InputError as InputError
    from .inference import Preprocessing as Preprocessing
    from .inference import prepare as prepare

_HOMES = {
    "AttributeVocabulary": "captioner",
    "Backbone": "backbones",
    "BeamSearch": "decoding",
    "Caption": "decoding",
    "Captioner": "captioner",
    "Checkpoint": "checkpoint",
    "Embedder": "embedder",
    "Extractor": "applications",
    "InputError": "errors",
    "Preprocessing": "inference",
    "Sampling": "decoding",
    "TextualHead": "captioner",
    "build_backbone": "backbones",
    "build_model": "checkpoint",
    "create": "applications",
    "generate": "decoding",
    "load_backbone": "checkpoint",
    "load_checkpoint": "checkpoint",
    "prepare": "inference",
    "read_metadata": "checkpoint",
    "save_checkpoint": "checkpoint",
    "score": "decoding",
}
__getattr__ = lazily(__name__, _HOMES)
