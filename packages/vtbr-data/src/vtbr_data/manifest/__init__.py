"""Manifests: one image a line."""

from .manifest import Manifest, encoded, read_manifest, write_manifest
from .parquet import parquet_rows
from .row import Row
from .tables import separator_of

__all__ = [
    "Manifest",
    "Row",
    "encoded",
    "parquet_rows",
    "read_manifest",
    "separator_of",
    "write_manifest",
]
