"""Embedders: a backbone whose features tell people apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..lazy import lazily
from .pooling_names import POOLING_NAMES as POOLING_NAMES

if TYPE_CHECKING:
    from .embedder import Embedder as Embedder
    from .pooling import POOLINGS as POOLINGS
    from .pooling import pool as pool

__getattr__ = lazily(__name__, {"Embedder": "embedder", "POOLINGS": "pooling", "pool": "pooling"})
