"""Manifests: which images, of whom, by which camera (docs/formats.md, Manifest)."""

from __future__ import annotations

import gzip
import hashlib
import json
import sys
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import InputError
from .cells import PARQUET, cells_of_objects, decoded, load_json
from .columns import foreign_keys
from .splits import is_split_word
from .table import Table, TableOptions, read_cells, read_table

SPLITS = ("query", "gallery", "train")
"""A split's place here is its number in a features file."""

_ORDER = ("path", "identity", "camera", "split", "captions", "attributes", "sequence", "box")
_GZIP = b"\x1f\x8b"
_LARGEST = 2**63 - 1
_CHECKED = {"captions", "attributes", "sequence", "box"}


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

    A name that ends in `.jsonl` or `.ndjson` is JSON Lines; of anything else the content decides. Lines with
    other tools' keys are a table, as with `options` (docs/formats.md, Tables). Raises InputError, with file
    and line, for what cannot be used.
    """
    name, data = _read(path)
    rows, notes = _rows(name, data, options or TableOptions())
    if not rows:
        raise InputError(f"{name} is empty: a manifest has one image a line")
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
    name = "standard input" if path == "-" else path
    if path != "-" and Path(path).is_dir():
        raise InputError(
            f"{path} is a folder: list its pictures with `vtbr-data index auto {path} -o manifest.jsonl`"
        )
    data = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    if data.startswith(_GZIP) or (data and path.endswith(".gz")):
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError, zlib.error) as error:
            raise InputError(f"{name} is not a complete gzip file: copy or compress it again") from error
    return name, data


def _rows(name: str, data: bytes, options: TableOptions) -> tuple[list[Row], Sequence[str]]:
    """Return the rows of a manifest or table, and what is to be said of how a table was read."""
    is_lines = name.removesuffix(".gz").lower().endswith((".jsonl", ".ndjson"))
    if data.startswith(PARQUET) and not is_lines:
        return _rows_of_table(read_table(name, data, options))
    text, notes = decoded(name, data)
    if not is_lines and text.strip()[:1] not in ("{", ""):
        return _rows_of_table(read_table(name, data, options))
    is_asked = bool(options.columns) or options.first_identity is not None
    lines = _json_lines(name, text)
    if lines and (is_asked or foreign_keys(_single_keys(lines))):
        places, objects = [f"line {number}" for number, _ in lines], [keys for _, keys in lines]
        return _rows_of_table(read_cells(name, cells_of_objects(name, objects, places, notes), options))
    for row, (number, _) in enumerate(lines, start=1):
        if number != row:  # line numbers would no longer be row numbers
            raise InputError(f"{name} line {row} is empty: remove it")
    return [_row(f"{name} line {number}", keys) for number, keys in lines], [
        f"{name}: {note}" for note in notes
    ]


def _single_keys(lines: Sequence[tuple[int, Mapping[str, Any]]]) -> set[str]:
    """Return the keys of all lines; without `gallery` where it holds a list, as ranked lists have it."""
    return {
        key
        for _, keys in lines
        for key, value in keys.items()
        if key != "gallery" or not isinstance(value, list)
    }


def _rows_of_table(table: Table) -> tuple[list[Row], Sequence[str]]:
    rows = [Row(row["path"], row["identity"], row["camera"], row["split"], row) for row in table.rows]
    return rows, table.notes


def _json_lines(name: str, text: str) -> list[tuple[int, dict[str, Any]]]:
    """Return the number and the object of each line that is not blank."""
    found = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            keys = load_json(line)
        except ValueError as error:
            raise InputError(
                f"{name} line {number} is not valid JSON ({error}): "
                'write one object a line, like {"path": "0001.jpg"}'
            ) from error
        if not isinstance(keys, dict):
            raise InputError(f'{name} line {number} is not an object like {{"path": "0001.jpg"}}')
        found.append((number, keys))
    return found


def _row(where: str, keys: dict[str, Any]) -> Row:
    """Return a manifest's row; raises InputError for what docs/formats.md does not allow."""
    path, identity, camera = keys.get("path"), keys.get("identity", -1), keys.get("camera", -1)
    is_usual = isinstance(path, str) and path and "\0" not in path and keys.get("split", "gallery") in SPLITS
    are_numbers = type(identity) is int and type(camera) is int and min(identity, camera) >= -1
    if not is_usual or not are_numbers or max(identity, camera) > _LARGEST or _CHECKED & keys.keys():
        _check_row(where, keys)
    return Row(keys["path"], identity, camera, keys.get("split", "gallery"), keys)


def _check_row(where: str, keys: dict[str, Any]) -> None:
    if "path" not in keys:
        raise InputError(f"{where} has no path: every line names its image")
    path, split = keys["path"], keys.get("split", "gallery")
    if path == "":
        raise InputError(f"{where}: path is empty")
    if not isinstance(path, str) or "\0" in path:
        raise InputError(f"{where}: path is {_shown(path)}, not the name of an image")
    if split not in SPLITS:
        is_read = split is None or (isinstance(split, str) and is_split_word(split))
        cure = _cure("split") if is_read else ""
        raise InputError(f"{where}: split is {_shown(split)}: use train, query or gallery{cure}")
    for key in ("sequence", "box"):
        if key in keys:
            _whole_number(where, keys, key, -_LARGEST)
    for key in ("identity", "camera"):
        _whole_number(where, keys, key, -1)
    captions, attributes = keys.get("captions", []), keys.get("attributes", {})
    if not isinstance(captions, list) or not all(isinstance(caption, str) for caption in captions):
        cure = _cure("captions") if captions is None or isinstance(captions, str) else ""
        raise InputError(f"{where}: captions is {_shown(captions)}, not a list of text{cure}")
    if not isinstance(attributes, dict):
        raise InputError(f"{where}: attributes is {_shown(attributes)}, not an object")


def _whole_number(where: str, keys: dict[str, Any], key: str, smallest: int) -> None:
    value = keys.get(key, -1)
    if type(value) is not int:
        is_read = value is None or isinstance(value, str) or (isinstance(value, float) and value.is_integer())
        cure = _cure(key) if is_read else ""
        raise InputError(f"{where}: {key} is {_shown(value)}, not a whole number{cure}")
    if value < smallest:
        raise InputError(f"{where}: {key} is {value}: the smallest allowed is {smallest}")
    if value > _LARGEST:
        raise InputError(f"{where}: {key} is {value}: the largest allowed is {_LARGEST}")


def _cure(key: str) -> str:
    return f"; `vtbr-data index table FILE --column {key}={key}` reads it"


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "..."
