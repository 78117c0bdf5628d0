"""Read the lines of a manifest that scoring captions needs."""

from __future__ import annotations

import gzip
import json
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from ..errors import InputError


def read_manifest(source: str | Path) -> dict[str, dict[str, Any]]:
    """The rows of a manifest by their `path`; `-` is standard input, `.gz` is unpacked.

    Raises `InputError` for a line that is no JSON object with a path, and for a path named twice.
    """
    name = "standard input" if str(source) == "-" else str(source)
    rows: dict[str, dict[str, Any]] = {}
    for number, line in enumerate(_lines(source, name), 1):
        if not line.strip():
            continue
        row = _row(line, f"{name}:{number}")
        if row["path"] in rows:
            raise InputError(
                f"{name}:{number}: path {row['path']!r} stands here a second time: remove one line"
            )
        rows[row["path"]] = row
    if not rows:
        raise InputError(f"{name}: holds no line: did the command that should have written it fail?")
    return rows


def _lines(source: str | Path, name: str) -> Iterator[str]:
    try:
        with _open(source) as file:
            for line in file:
                yield line.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"{name}: is not UTF-8 text: give a manifest (JSON Lines)") from None
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise InputError(f"{name}: is no complete gzip file: copy or write it again") from None


def _open(source: str | Path) -> IO[bytes] | gzip.GzipFile:
    if str(source) == "-":
        return sys.stdin.buffer
    if str(source).endswith(".gz"):
        return gzip.open(source, "rb")
    return Path(source).open("rb")


def _row(line: str, where: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        row = None
    if not isinstance(row, dict):
        raise InputError(f"{where}: is no JSON object: a manifest has one image a line, see docs/formats.md")
    if not isinstance(row.get("path"), str):
        raise InputError(f"{where}: has no `path`, by which rows are matched")
    captions, attributes = row.get("captions", []), row.get("attributes", {})
    if not (isinstance(captions, list) and all(isinstance(caption, str) for caption in captions)):
        raise InputError(f"{where}: `captions` is no list of texts")
    if not isinstance(attributes, dict):
        raise InputError(f"{where}: `attributes` is no object")
    return row
