"""Embedders: a backbone whose features tell people apart."""

from .embedder import Embedder as Embedder
from .pooling import POOLINGS as POOLINGS
from .pooling import pool as pool
