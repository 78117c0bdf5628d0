"""Checkpoints: one safetensors file that holds a model and all that is needed to use it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..lazy import lazily

if TYPE_CHECKING:
    from .architecture import build_model as build_model
    from .checkpoint import Checkpoint as Checkpoint
    from .checkpoint import check_checkpoint as check_checkpoint
    from .checkpoint import load_backbone as load_backbone
    from .checkpoint import load_checkpoint as load_checkpoint
    from .checkpoint import save_checkpoint as save_checkpoint
    from .checkpoint import write_tensors as write_tensors
    from .matching import mismatch as mismatch
    from .metadata import BACKBONE_FORMAT as BACKBONE_FORMAT
    from .metadata import FORMAT as FORMAT
    from .metadata import VERSION as VERSION
    from .metadata import describe as describe
    from .metadata import read_metadata as read_metadata
    from .tensorfile import Header as Header
    from .tensorfile import TensorSpec as TensorSpec
    from .tensorfile import check_format as check_format
    from .tensorfile import encode_header as encode_header
    from .tensorfile import file_order as file_order
    from .tensorfile import read_header as read_header
    from .tensorfile import verify as verify

_HOMES = {
    "BACKBONE_FORMAT": "metadata",
    "Checkpoint": "checkpoint",
    "FORMAT": "metadata",
    "Header": "tensorfile",
    "TensorSpec": "tensorfile",
    "VERSION": "metadata",
    "build_model": "architecture",
    "check_checkpoint": "checkpoint",
    "check_format": "tensorfile",
    "describe": "metadata",
    "encode_header": "tensorfile",
    "file_order": "tensorfile",
    "load_backbone": "checkpoint",
    "load_checkpoint": "checkpoint",
    "mismatch": "matching",
    "read_header": "tensorfile",
    "read_metadata": "metadata",
    "save_checkpoint": "checkpoint",
    "verify": "tensorfile",
    "write_tensors": "checkpoint",
}
__getattr__ = lazily(__name__, _HOMES)
