"""Reads manifests, and tables of captions or attributes, as rows by their path."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..tables import Rows, read_rows


@dataclass
class Manifest:
    """Rows by their path, and how they were read."""

    rows: dict[str, dict[str, Any]]
    notes: list[str] = field(default_factory=list)


def read_manifest(source: str | Path) -> Manifest:
    """Reads a manifest, a table (docs/formats.md, "Tables") or COCO's captions; `-` is standard input.

    In a table and in COCO's files the captions of several rows of one path belong together. Raises
    `InputError` for a line that is not a JSON object with a path, and for a path listed twice.
    """
    name = "standard input" if str(source) == "-" else str(source)
    data = sys.stdin.buffer.read() if str(source) == "-" else Path(source).read_bytes()
    found = _coco(data, name) or read_rows(data, name)
    rows: dict[str, dict[str, Any]] = {}
    for row, where in zip(found.rows, found.where, strict=True):
        other = rows.setdefault(row["path"], row)
        if other is row:
            continue
        if found.is_manifest or not (row.get("captions") and other.get("captions")):
            raise InputError(f"{where}: path {row['path']!r} is listed twice: remove one line")
        other["captions"] = [*other["captions"], *row["captions"]]
    return Manifest(rows, found.notes)


def _coco(data: bytes, name: str) -> Rows | None:
    """Returns the captions of COCO's own files, an object of images and annotations, by file name or id."""
    if data.lstrip()[:1] != b"{" or b'"annotations"' not in data:
        return None
    try:
        content = json.loads(data)
        images = {image["id"]: image.get("file_name") for image in content.get("images", [])}
        rows = [
            {
                "path": images.get(row["image_id"]) or str(row["image_id"]),
                "captions": [row["caption"].strip()],
            }
            for row in content["annotations"]
        ]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return Rows(
        rows, [f"{name}: read {len(rows):,} captions of COCO's annotations by file name"], [name] * len(rows)
    )
