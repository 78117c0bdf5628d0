"""Backbones, caption decoders and Re-ID embedders: describe, extract, caption, export."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from .backbones import Backbone as Backbone
    from .backbones import build_backbone as build_backbone
    from .captioner.attributes import AttributeVocabulary as AttributeVocabulary
    from .captioner.captioner import Captioner as Captioner
    from .captioner.textual import TextualHead as TextualHead
    from .checkpoint.architecture import build_model as build_model
    from .checkpoint.checkpoint import Checkpoint as Checkpoint
    from .checkpoint.checkpoint import load_backbone as load_backbone
    from .checkpoint.checkpoint import load_checkpoint as load_checkpoint
    from .checkpoint.checkpoint import save_checkpoint as save_checkpoint
    from .checkpoint.metadata import read_metadata as read_metadata
    from .decoding.beam_search import BeamSearch as BeamSearch
    from .decoding.generation import generate as generate
    from .decoding.hypotheses import Caption as Caption
    from .decoding.sampling import Sampling as Sampling
    from .decoding.scoring import score as score
    from .embedder.embedder import Embedder as Embedder
    from .errors import InputError as InputError
    from .inference.preprocessing import Preprocessing as Preprocessing
    from .inference.preprocessing import prepare as prepare

# Imported on first use: torch takes seconds, and `--help` should not.
_HOME = {
    "AttributeVocabulary": "captioner.attributes",
    "Backbone": "backbones",
    "BeamSearch": "decoding.beam_search",
    "Caption": "decoding.hypotheses",
    "Captioner": "captioner.captioner",
    "Checkpoint": "checkpoint.checkpoint",
    "Embedder": "embedder.embedder",
    "InputError": "errors",
    "Preprocessing": "inference.preprocessing",
    "Sampling": "decoding.sampling",
    "TextualHead": "captioner.textual",
    "build_backbone": "backbones",
    "build_model": "checkpoint.architecture",
    "generate": "decoding.generation",
    "load_backbone": "checkpoint.checkpoint",
    "load_checkpoint": "checkpoint.checkpoint",
    "prepare": "inference.preprocessing",
    "read_metadata": "checkpoint.metadata",
    "save_checkpoint": "checkpoint.checkpoint",
    "score": "decoding.scoring",
}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
