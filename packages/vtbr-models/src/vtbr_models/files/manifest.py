"""Manifests: which images, of whom, by which camera (docs/formats.md, Manifest)."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import sys
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import InputError

SPLITS = ("query", "gallery", "train")
"""A split's place here is its number in a features file."""

_ORDER = ("path", "identity", "camera", "split", "captions", "attributes", "sequence", "box")
_ATTRIBUTE = "attribute."  # prefix of a table's attribute columns


@dataclass(frozen=True, slots=True)
class Row:
    """One image."""

    path: str
    identity: int
    camera: int
    split: str
    keys: Mapping[str, Any]
    """The line as it was, everything included."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Manifest:
    """All images, where their paths start, and what tells this manifest from others."""

    name: str
    rows: Sequence[Row]
    root: Path
    fingerprint: str
    """SHA-256 of the manifest's text, as it is without compression."""

    def only(self, splits: Sequence[str]) -> list[Row]:
        """The rows of these splits, in order; raises InputError where there is none."""
        rows = [row for row in self.rows if row.split in splits]
        if not rows:
            found = sorted({row.split for row in self.rows})
            raise InputError(
                f"{self.name} has no image of the split {' or '.join(splits)}, only of "
                f"{', '.join(found)}: add --split {found[0]}"
            )
        return rows


def read_manifest(path: str, root: Path | None = None) -> Manifest:
    """Read JSON Lines, or a table where the name ends in `.csv`; `.gz` of both; `-` is stdin.

    Raises InputError, with file and line, for what cannot be used.
    """
    name, text = _read(path)
    lines = _table(name, text) if _is_table(name) else _json_lines(name, text)
    rows = [_row(f"{name}:{number}", keys) for number, keys in lines]
    if not rows:
        raise InputError(f"{name} lists no image: make a manifest with `vtbr-data index`")
    default_root = Path() if path == "-" else Path(path).parent
    return Manifest(
        name=name,
        rows=rows,
        root=default_root if root is None else root,
        fingerprint=hashlib.sha256(text).hexdigest(),
    )


def encode_row(keys: Mapping[str, Any]) -> bytes:
    """A manifest's line, the known keys first.

    >>> encode_row({"split": "query", "weather": "foggy", "path": "a.jpg"})
    b'{"path": "a.jpg", "split": "query", "weather": "foggy"}\\n'
    """
    known = {key: keys[key] for key in _ORDER if key in keys}
    return (json.dumps({**known, **keys}, ensure_ascii=False) + "\n").encode()


def _read(path: str) -> tuple[str, bytes]:
    if path == "-":
        return "stdin", sys.stdin.buffer.read()
    data = Path(path).read_bytes()
    if path.endswith(".gz"):
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError, zlib.error) as error:
            raise InputError(f"{path} is no complete gzip file: copy or compress it again") from error
    return path, data


def _is_table(name: str) -> bool:
    return name.removesuffix(".gz").endswith(".csv")


def _json_lines(name: str, text: bytes) -> Iterator[tuple[int, dict[str, Any]]]:
    blank = 0
    for number, line in enumerate(text.split(b"\n"), start=1):
        if not line.strip():
            blank = blank or number
            continue
        if blank:  # line numbers would no longer be row numbers
            raise InputError(f"{name}:{blank}: the line is empty: remove it")
        try:
            keys = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise InputError(f"{name}:{number}: not JSON: one object a line is needed") from error
        if not isinstance(keys, dict):
            raise InputError(f'{name}:{number}: not a JSON object: write {{"path": "...", ...}}')
        yield number, keys


def _table(name: str, data: bytes) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{name} is not UTF-8: save it as UTF-8 CSV") from error
    reader = csv.DictReader(io.StringIO(text, newline=""))
    for cells in reader:
        if None in cells or None in cells.values():
            raise InputError(f"{name}:{reader.line_num}: the number of cells differs from the header's")
        yield reader.line_num, _from_cells(f"{name}:{reader.line_num}", cells)


def _from_cells(where: str, cells: dict[str, str]) -> dict[str, Any]:
    keys: dict[str, Any] = {}
    attributes: dict[str, Any] = {}
    for column, cell in cells.items():
        if cell == "":
            continue
        if column in ("identity", "camera"):
            try:
                keys[column] = int(cell)
            except ValueError as error:
                raise InputError(f"{where}: {column} must be a whole number, not {cell!r}") from error
        elif column == "caption":
            keys["captions"] = [cell]
        elif column.startswith(_ATTRIBUTE):
            attributes[column.removeprefix(_ATTRIBUTE)] = {"true": True, "false": False}.get(cell, cell)
        else:
            keys[column] = cell
    return {**keys, "attributes": attributes} if attributes else keys


def _row(where: str, keys: dict[str, Any]) -> Row:
    path = keys.get("path")
    if not isinstance(path, str) or not path:
        raise InputError(f"{where}: path must be the name of an image file, not {path!r}")
    try:
        path.encode()
    except UnicodeEncodeError as error:
        raise InputError(f"{where}: path is not valid Unicode") from error
    split = keys.get("split", "gallery")
    if split not in SPLITS:
        raise InputError(f"{where}: split must be train, query or gallery, not {split!r}")
    return Row(path, _label(where, keys, "identity"), _label(where, keys, "camera"), split, keys)


def _label(where: str, keys: dict[str, Any], key: str) -> int:
    value = keys.get(key, -1)
    if type(value) is not int or not -1 <= value < 2**63:
        raise InputError(f"{where}: {key} must be a whole number, at least -1, not {value!r}")
    return value
