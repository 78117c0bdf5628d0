"""Manifests: which images, of whom, by which camera (docs/formats.md, Manifest)."""

from __future__ import annotations

import gzip
import hashlib
import json
import sys
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import InputError
from .table import TableOptions, read_table

SPLITS = ("query", "gallery", "train")
"""A split's place here is its number in a features file."""

_ORDER = ("path", "identity", "camera", "split", "captions", "attributes", "sequence", "box")
_GZIP, _BYTE_ORDER_MARK = b"\x1f\x8b", b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Row:
    """One image."""

    path: str
    identity: int
    camera: int
    split: str
    keys: Mapping[str, Any]
    """The whole line, as it was."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Manifest:
    """All images, the folder that their paths start from, and a fingerprint."""

    name: str
    rows: Sequence[Row]
    root: Path
    fingerprint: str
    """SHA-256 of the manifest's bytes, decompressed."""
    notes: Sequence[str] = ()
    """How a table was read, in lines for people."""

    def only(self, splits: Sequence[str]) -> list[Row]:
        """Return the rows of these splits, in order; raises InputError where there is none."""
        rows = [row for row in self.rows if row.split in splits]
        if not rows:
            found = sorted({row.split for row in self.rows})
            raise InputError(
                f"{self.name} has no image of the split {' or '.join(splits)}, only of "
                f"{', '.join(found)}: add --split {found[0]}"
            )
        return rows


def read_manifest(path: str, root: Path | None = None, options: TableOptions | None = None) -> Manifest:
    """Read JSON Lines, or a table of other people's making; gzip of both; `-` is stdin.

    A name that ends in `.jsonl` or `.ndjson` is JSON Lines; of anything else the content decides
    (docs/formats.md, Tables). Raises InputError, with file and line, for what cannot be used.
    """
    name, data = _read(path)
    notes: Sequence[str] = ()
    if _is_json_lines(name, data):
        rows = [_row(f"{name}:{number}", keys) for number, keys in _json_lines(name, data)]
    else:
        table = read_table(name, data, options or TableOptions())
        rows, notes = [_row(name, keys) for keys in table.rows], table.notes
    if not rows:
        raise InputError(f"{name} lists no image: make a manifest with `vtbr-data index`")
    default_root = Path() if path == "-" else Path(path).parent
    return Manifest(
        name=name,
        rows=rows,
        root=default_root if root is None else root,
        fingerprint=hashlib.sha256(data).hexdigest(),
        notes=notes,
    )


def encode_row(keys: Mapping[str, Any]) -> bytes:
    """Encode a manifest's line, the known keys first.

    >>> encode_row({"split": "query", "weather": "foggy", "path": "a.jpg"})
    b'{"path": "a.jpg", "split": "query", "weather": "foggy"}\\n'
    """
    known = {key: keys[key] for key in _ORDER if key in keys}
    return (json.dumps({**known, **keys}, ensure_ascii=False) + "\n").encode()


def _read(path: str) -> tuple[str, bytes]:
    """Return a file's name and bytes, decompressed."""
    name = "stdin" if path == "-" else path
    if path != "-" and Path(path).is_dir():
        raise InputError(
            f"{path} is a folder: list its pictures with `vtbr-data index {path} -o manifest.jsonl`"
        )
    data = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    if data.startswith(_GZIP):
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError, zlib.error) as error:
            raise InputError(f"{name} is not a complete gzip file: copy or compress it again") from error
    return name, data


def _is_json_lines(name: str, data: bytes) -> bool:
    if name.removesuffix(".gz").endswith((".jsonl", ".ndjson")):
        return True
    start = data.removeprefix(_BYTE_ORDER_MARK).lstrip()
    return start.startswith(b"{") or not start


def _json_lines(name: str, data: bytes) -> Iterator[tuple[int, dict[str, Any]]]:
    blank = 0
    for number, line in enumerate(data.removeprefix(_BYTE_ORDER_MARK).split(b"\n"), start=1):
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
