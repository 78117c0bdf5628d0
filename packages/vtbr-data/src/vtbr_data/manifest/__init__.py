"""Manifests: one image a line."""

from .cells import is_test_word, split_of
from .columns import foreign_keys, is_column
from .manifest import Manifest, encoded, read_manifest, write_manifest
from .row import Row
from .table_reading import table_rows
from .table_writing import separator_of
from .tables import UTF16, TableOptions, from_utf16, object_table, text_table

__all__ = [
    "UTF16",
    "Manifest",
    "Row",
    "TableOptions",
    "encoded",
    "foreign_keys",
    "from_utf16",
    "is_column",
    "is_test_word",
    "object_table",
    "read_manifest",
    "separator_of",
    "split_of",
    "table_rows",
    "text_table",
    "write_manifest",
]
