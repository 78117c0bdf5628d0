"""Person Re-ID and caption data: rendered people, manifests, captions, tokenizers, training batches."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .captions import describe as describe
    from .datasets import IndexOptions as IndexOptions
    from .datasets import index_dataset as index_dataset
    from .errors import InputError as InputError
    from .inspecting import check_manifest as check_manifest
    from .manifest import Manifest as Manifest
    from .manifest import Row as Row
    from .manifest import read_manifest as read_manifest
    from .manifest import write_manifest as write_manifest
    from .people import render as render
    from .tokenizer import train_tokenizer as train_tokenizer

__version__ = "0.1.0"

# Imported on first use, so that `--help` answers without importing torch or numpy.
_HOME = {
    "IndexOptions": "datasets",
    "InputError": "errors",
    "Manifest": "manifest",
    "Row": "manifest",
    "check_manifest": "inspecting",
    "describe": "captions",
    "index_dataset": "datasets",
    "render": "people",
    "read_manifest": "manifest",
    "train_tokenizer": "tokenizer",
    "write_manifest": "manifest",
}


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
