"""Manifests: one image a line, as docs/formats.md has them."""

from __future__ import annotations

import gzip
import hashlib
import json
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from io import BufferedReader
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO, cast

import msgspec

from ..errors import InputError
from ..output import open_output, say_on_stderr
from .json_lines import UndecidedError, is_foreign, json_rows, lines_table
from .parquet import parquet_table
from .row import Row as Row
from .table_reading import Say, table_rows
from .table_writing import separator_of, table_lines
from .tables import UTF16, Table, TableOptions, from_utf16, json_table, text_table

_GZIP = b"\x1f\x8b"
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

    Its content decides which; lines with other tools' keys are a table, as with `options`. `root` defaults
    to the manifest's own folder, for a stream to the current one. `say` is told how each column of a table is
    read. Raises `InputError` with the line for whatever is not as docs/formats.md has it, a manifest without
    rows included.
    """
    path = Path(source) if isinstance(source, (str, Path)) and str(source) != "-" else None
    name = name or (str(path) if path else "standard input")
    options = options or TableOptions()
    with _open(source, name) as file:
        hashed = _HashedBlocks(file)
        first = next(iter(hashed), b"")
        blocks, whole, notes = chain([first], hashed), hashed.whole, list[str]()
        if first.startswith(UTF16):
            first, notes = from_utf16(hashed.whole(), name)
            blocks, whole = chain([first]), partial(bytes, first)
        is_table = bool(first) and not _is_json_lines(path, first)
        if is_table:
            rows = table_rows(_table(b"".join(blocks), name, options, notes), options, say)
        else:
            rows = _lines(blocks, whole, name, options, notes, say)
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
    if b"null" in line:  # perhaps a NaN, which the encoder passes over in silence
        json.dumps(row.to_object(), allow_nan=False)
    return line + b"\n"


def _lines(
    blocks: Iterable[bytes],
    whole: Callable[[], bytes],
    name: str,
    options: TableOptions,
    notes: list[str],
    say: Say,
) -> list[Row]:
    """Return the rows of JSON Lines, a manifest's or a table's; `whole` returns all of them again."""
    is_asked = bool(options.columns) or options.first_identity is not None
    try:
        if is_asked or notes:
            raise UndecidedError
        return list(chain.from_iterable(json_rows(blocks, name)))
    except UndecidedError:
        data = whole()
    if is_asked or is_foreign(data):
        return table_rows(lines_table(data, name, notes), options, say) if data.strip() else []
    for note in notes:
        say(f"{name}: {note}")
    return list(chain.from_iterable(json_rows([data], name, is_decided=True)))


def _is_json_lines(path: Path | None, first: bytes) -> bool:
    if path is not None and path.name.removesuffix(".gz").lower().endswith(_JSON_LINES):
        return True
    return first.lstrip()[:1] in (b"{", b"")


def _table(data: bytes, name: str, options: TableOptions, notes: list[str]) -> Table:
    if data.startswith(b"PAR1"):
        return parquet_table(data, name)
    if data.lstrip().startswith(b"["):
        return json_table(data, name, notes)
    return text_table(data, name, options, notes)


@contextmanager
def _open(source: Path | str | BinaryIO, name: str) -> Iterator[BinaryIO]:
    if not isinstance(source, (str, Path)):
        with _unzipped(source, name) as plain:
            yield plain
    elif str(source) == "-":
        with _unzipped(sys.stdin.buffer, name) as plain:
            yield plain
    else:
        path = Path(source)
        if path.is_dir():
            raise InputError(
                f"{name} is a folder: list its pictures with `vtbr-data index auto {name} -o manifest.jsonl`"
            )
        if not path.exists():
            raise InputError(f"there is no manifest {name}: make one with vtbr-data index")
        with path.open("rb") as file, _unzipped(file, name, is_called_gz=path.suffix == ".gz") as plain:
            yield plain


@contextmanager
def _unzipped(file: BinaryIO, name: str, *, is_called_gz: bool = False) -> Iterator[BinaryIO]:
    """Open the file, decompressed if its first bytes, or its name, say that it is compressed."""
    starts = isinstance(file, BufferedReader) and file.peek(2)[:2] == _GZIP
    if not starts and not is_called_gz:
        yield file
        return
    try:
        with gzip.open(file) as unzipped:
            yield cast(BinaryIO, unzipped)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise InputError(f"{name} is not a complete gzip file: copy or compress it again") from error


class _HashedBlocks:
    """A file in blocks of whole lines, without byte order mark, hashed as they are read."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._start = file.tell() if file.seekable() else None
        self._kept: list[bytes] = []  # of a pipe, which cannot be read twice
        self.digest = hashlib.sha256()
        self._blocks = self._read()

    def __iter__(self) -> Iterator[bytes]:
        return self._blocks

    def whole(self) -> bytes:
        """Return all bytes from the start, without byte order mark, however many blocks were taken."""
        for _ in self._blocks:
            pass
        if self._start is None:
            return b"".join(self._kept)
        self._file.seek(self._start)
        return self._file.read().removeprefix(_BOM)

    def _read(self) -> Iterator[bytes]:
        started: list[bytes] = []  # of the line that the last block ended in
        is_first = True
        while block := self._file.read(_BLOCK_BYTES):
            self.digest.update(block)
            if is_first:
                block, is_first = block.removeprefix(_BOM), False
            if self._start is None:
                self._kept.append(block)
            end = block.rfind(b"\n") + 1
            if end:
                yield b"".join([*started, block[:end]])
                started = [block[end:]]
            else:
                started.append(block)
        if rest := b"".join(started):
            yield rest
