"""Backbones, caption decoders and Re-ID embedders: describe, extract, caption, export."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from vtbr_models.architecture import build_model as build_model
    from vtbr_models.attributes import AttributeVocabulary as AttributeVocabulary
    from vtbr_models.backbones import Backbone as Backbone
    from vtbr_models.backbones import build_backbone as build_backbone
    from vtbr_models.beam_search import BeamSearch as BeamSearch
    from vtbr_models.captioner import Captioner as Captioner
    from vtbr_models.checkpoint import Checkpoint as Checkpoint
    from vtbr_models.checkpoint import load_backbone as load_backbone
    from vtbr_models.checkpoint import load_checkpoint as load_checkpoint
    from vtbr_models.checkpoint import save_checkpoint as save_checkpoint
    from vtbr_models.embedder import Embedder as Embedder
    from vtbr_models.errors import InputError as InputError
    from vtbr_models.generation import generate as generate
    from vtbr_models.growth import Caption as Caption
    from vtbr_models.metadata import read_metadata as read_metadata
    from vtbr_models.preprocessing import Preprocessing as Preprocessing
    from vtbr_models.preprocessing import prepare as prepare
    from vtbr_models.sampling import Sampling as Sampling
    from vtbr_models.scoring import score as score
    from vtbr_models.textual import TextualHead as TextualHead

# Imported on first use: torch takes seconds, and `--help` should not.
_HOME = {
    "AttributeVocabulary": "attributes",
    "Backbone": "backbones",
    "BeamSearch": "beam_search",
    "Caption": "growth",
    "Captioner": "captioner",
    "Checkpoint": "checkpoint",
    "Embedder": "embedder",
    "InputError": "errors",
    "Preprocessing": "preprocessing",
    "Sampling": "sampling",
    "TextualHead": "textual",
    "build_backbone": "backbones",
    "build_model": "architecture",
    "generate": "generation",
    "load_backbone": "checkpoint",
    "load_checkpoint": "checkpoint",
    "prepare": "preprocessing",
    "read_metadata": "metadata",
    "save_checkpoint": "checkpoint",
    "score": "scoring",
}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
