"""Person Re-ID and caption data: drawn people, manifests, captions, tokenizers, training batches."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vtbr_data.captions import describe as describe
    from vtbr_data.check import check_manifest as check_manifest
    from vtbr_data.datasets import IndexOptions as IndexOptions
    from vtbr_data.drawing import draw as draw
    from vtbr_data.errors import InputError as InputError
    from vtbr_data.index import index_dataset as index_dataset
    from vtbr_data.manifest import Manifest as Manifest
    from vtbr_data.manifest import read_manifest as read_manifest
    from vtbr_data.manifest import write_manifest as write_manifest
    from vtbr_data.row import Row as Row
    from vtbr_data.tokenizer import train_tokenizer as train_tokenizer

__version__ = "0.1.0"

# Imported when first asked for: `--help` answers before torch or numpy would be there.
_HOME = {
    "IndexOptions": "datasets",
    "InputError": "errors",
    "Manifest": "manifest",
    "Row": "row",
    "check_manifest": "check",
    "describe": "captions",
    "draw": "drawing",
    "index_dataset": "index",
    "read_manifest": "manifest",
    "train_tokenizer": "tokenizer",
    "write_manifest": "manifest",
}


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
