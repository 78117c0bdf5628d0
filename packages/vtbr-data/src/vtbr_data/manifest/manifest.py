"""Manifests: one image a line, as docs/formats.md has them."""

from __future__ import annotations

import gzip
import hashlib
import json
import sys
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO, cast

import msgspec

from ..errors import InputError
from ..output import open_output, say_on_stderr
from .json_lines import json_rows
from .parquet import parquet_table
from .row import Row as Row
from .table_reading import Say, table_rows
from .table_writing import separator_of, table_lines
from .tables import Table, TableOptions, json_table, text_table

_BOM = b"\xef\xbb\xbf"  # Windows tools put it before UTF-8
_BLOCK_BYTES = 1 << 20
_JSON_LINES = (".jsonl", ".ndjson")
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Manifest:
    """The rows of a manifest and where its images lie."""

    rows: list[Row]
    root: Path
    """The folder that every path starts from: `manifest.root / row.path` opens the image."""
    fingerprint: str
    """SHA-256 of the manifest's bytes, of a `.gz` after decompression, in hexadecimal."""
    name: str
    """Its name in messages."""
    is_table: bool = False

    def where(self, index: int) -> str:
        """Return place of row `index` (from 0) for a message: `manifest.jsonl line 7`."""
        return f"{self.name} {'row' if self.is_table else 'line'} {index + 1}"


def read_manifest(
    source: Path | str | BinaryIO,
    *,
    root: Path | str | None = None,
    name: str | None = None,
    options: TableOptions | None = None,
    say: Say = say_on_stderr,
) -> Manifest:
    """Read a manifest: JSON Lines, or a table (docs/formats.md); each may end in `.gz`; `-` is stdin.

    Its content decides which. `root` defaults to the manifest's own folder, for a stream to the current
    one. `options` and `say` are for tables: `say` is told how each column is read. Raises `InputError` with
    the line for whatever is not as docs/formats.md has it, a manifest without rows included.
    """
    path = Path(source) if isinstance(source, (str, Path)) and str(source) != "-" else None
    name = name or (str(path) if path else "standard input")
    rows: list[Row] = []
    with _open(source, name) as file:
        hashed = _HashedBlocks(file)
        first = next(iter(hashed), b"")
        blocks = chain([first], hashed)
        is_table = bool(first) and not _is_json_lines(path, first)
        if is_table:
            options = options or TableOptions()
            rows = table_rows(_table(b"".join(blocks), name, options), options, say)
        else:
            for some in json_rows(blocks, name):
                rows += some
    if options and (options.columns or options.first_identity is not None) and not is_table and rows:
        raise InputError(f"{name} is JSON Lines, not a table: leave out --column and --first-identity")
    if not rows:
        raise InputError(f"{name} is empty: a manifest has one image a line")
    if root is None:
        root = path.parent if path else Path()
    return Manifest(rows, Path(root), hashed.digest.hexdigest(), name, is_table)


def write_manifest(rows: Iterable[Row | Mapping[str, Any]], target: Path | str | BinaryIO) -> int:
    """Write `rows` to a file, a binary stream or `-` (stdout), and return how many they were.

    It is a table when the name ends in `.csv` or `.tsv`, else JSON Lines; `.gz` after it compresses. Raises
    `InputError` for rows that a table cannot hold.
    """
    count = 0

    def counted() -> Iterator[Row]:
        nonlocal count
        for row in rows:
            count += 1
            yield row if isinstance(row, Row) else Row.from_object(row)

    separator = separator_of(Path(target)) if isinstance(target, (str, Path)) else ""
    with open_output(target) as file:
        file.writelines(table_lines(counted(), separator) if separator else map(encoded, counted()))
    return count


def encoded(row: Row) -> bytes:
    """Return the line of a manifest for `row`, with its end; raises `ValueError` for numbers that JSON lacks."""
    line = _encode(row.to_object())
    if b"null" in line:  # perhaps a NaN, which the encoder writes as null without an error
        json.dumps(row.to_object(), allow_nan=False)
    return line + b"\n"


def _is_json_lines(path: Path | None, first: bytes) -> bool:
    if path is not None and path.name.removesuffix(".gz").lower().endswith(_JSON_LINES):
        return True
    return first.lstrip().startswith(b"{")


def _table(data: bytes, name: str, options: TableOptions) -> Table:
    if data.startswith(b"PAR1"):
        return parquet_table(data, name)
    return json_table(data, name) if data.lstrip().startswith(b"[") else text_table(data, name, options)


@contextmanager
def _open(source: Path | str | BinaryIO, name: str) -> Iterator[BinaryIO]:
    if not isinstance(source, (str, Path)):
        yield source
    elif str(source) == "-":
        yield sys.stdin.buffer
    else:
        path = Path(source)
        if path.is_dir():
            raise InputError(f"{name} is a folder: give the manifest in it, or make one with vtbr-data index")
        if not path.exists():
            raise InputError(f"there is no manifest {name}: make one with vtbr-data index")
        with path.open("rb") as file:
            if path.suffix != ".gz":
                yield file
                return
            try:
                with gzip.open(file) as unzipped:
                    yield cast(BinaryIO, unzipped)
            except (EOFError, gzip.BadGzipFile, zlib.error) as error:
                raise InputError(f"{name} cannot be decompressed: {error}; get a whole copy") from error


class _HashedBlocks:
    """A file in blocks of whole lines, without byte order mark, hashed as they are read."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.digest = hashlib.sha256()
        self._blocks = self._read()

    def __iter__(self) -> Iterator[bytes]:
        return self._blocks

    def _read(self) -> Iterator[bytes]:
        started: list[bytes] = []  # of the line that the last block ended in
        is_first = True
        while block := self._file.read(_BLOCK_BYTES):
            self.digest.update(block)
            if is_first:
                block, is_first = block.removeprefix(_BOM), False
            end = block.rfind(b"\n") + 1
            if end:
                yield b"".join([*started, block[:end]])
                started = [block[end:]]
            else:
                started.append(block)
        if rest := b"".join(started):
            yield rest
