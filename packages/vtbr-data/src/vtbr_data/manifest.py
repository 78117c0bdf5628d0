"""Manifests: one image a line, as docs/formats.md has them."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import sys
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, NoReturn, cast

from vtbr_data.attributes import from_text
from vtbr_data.errors import InputError
from vtbr_data.output import open_output
from vtbr_data.row import Row as Row

_BOM = b"\xef\xbb\xbf"  # Windows tools put it before UTF-8


@dataclass(frozen=True, slots=True)
class Manifest:
    """The rows of a manifest and where its images lie."""

    rows: list[Row]
    root: Path
    """The folder that every path starts from: `manifest.root / row.path` opens the image."""
    fingerprint: str
    """SHA-256 of the manifest's bytes, of a `.gz` after decompression, in hexadecimal."""
    name: str
    """What messages call it."""
    is_table: bool = False

    def where(self, index: int) -> str:
        """Place of row `index` (from 0) for a message: `manifest.jsonl line 7`."""
        return f"{self.name} {'row' if self.is_table else 'line'} {index + 1}"


def read_manifest(
    source: Path | str | BinaryIO, *, root: Path | str | None = None, name: str | None = None
) -> Manifest:
    """Read a manifest: JSON Lines, or a table when the name ends in `.csv`; either may end in `.gz`; `-` is
    stdin.

    `root` defaults to the manifest's own folder, for a stream to the current one. Raises `InputError` with
    the line for whatever is not as docs/formats.md has it, a manifest without rows included.
    """
    path = Path(source) if isinstance(source, (str, Path)) and str(source) != "-" else None
    name = name or (str(path) if path else "standard input")
    is_table = path is not None and path.name.removesuffix(".gz").endswith(".csv")
    with _open(source, name) as file:
        hashed = _HashedLines(file)
        rows = list(_table_rows(hashed, name) if is_table else _json_rows(hashed, name))
    if not rows:
        raise InputError(f"{name} is empty: a manifest has one image a line")
    if root is None:
        root = path.parent if path else Path()
    return Manifest(rows, Path(root), hashed.digest.hexdigest(), name, is_table)


def write_manifest(rows: Iterable[Row | Mapping[str, Any]], target: Path | str | BinaryIO) -> int:
    """Write `rows` as JSON Lines to a file (`.gz` compresses), a binary stream or `-`, and return how many
    they were."""
    count = 0
    with open_output(target) as file:
        for count, row in enumerate(rows, start=1):  # noqa: B007 (the last one is the number of rows)
            if not isinstance(row, Row):
                row = Row.from_object(row)
            line = json.dumps(row.to_object(), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
            file.write(line.encode() + b"\n")
    return count


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


class _HashedLines:
    """The lines of a file, without byte order mark, hashed on their way as they stand in it."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.digest = hashlib.sha256()

    def __iter__(self) -> Iterator[bytes]:
        is_first = True
        for line in self._file:
            self.digest.update(line)
            yield line.removeprefix(_BOM) if is_first else line
            is_first = False


def _json_rows(lines: Iterable[bytes], name: str) -> Iterator[Row]:
    blank = 0
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            blank = blank or number
            continue
        if blank:  # line numbers would no longer be row numbers
            raise InputError(f"{name} line {blank} is empty: remove it")
        try:
            yield Row.from_object(_decoded(line))
        except InputError as error:
            raise InputError(f"{name} line {number} {error}") from error


def _decoded(line: bytes) -> object:
    try:
        value = json.loads(line.decode(), parse_constant=_refuse_constant)
        if b"\\ud" in line.lower():  # half a surrogate pair is JSON, but no text
            json.dumps(value, ensure_ascii=False).encode()
    except UnicodeError as error:
        raise InputError(
            f"is not UTF-8 text: {error.reason if isinstance(error, UnicodeDecodeError) else error}"
        ) from error
    except (ValueError, RecursionError) as error:
        reason = (
            f"{error.msg} (column {error.colno})" if isinstance(error, json.JSONDecodeError) else str(error)
        )
        raise InputError(
            f'is no JSON: {reason}; each line is an object like {{"path": "0001.jpg"}}'
        ) from error
    return cast(object, value)


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not allowed")


def _table_rows(lines: Iterable[bytes], name: str) -> Iterator[Row]:
    try:
        text = io.StringIO(b"".join(lines).decode(), newline="")
    except UnicodeDecodeError as error:
        raise InputError(f"{name} is not UTF-8 text: save the table as CSV in UTF-8") from error
    reader = csv.DictReader(text, strict=True)
    try:
        if reader.fieldnames and "path" not in reader.fieldnames:
            raise InputError(f'{name} line 1 has no column "path", only {", ".join(reader.fieldnames)}')
        for cells in reader:
            yield Row.from_object(_object_of_cells(cells))
    except csv.Error as error:
        raise InputError(f"{name} line {reader.line_num} is no CSV: {error}") from error
    except InputError as error:
        if str(error).startswith(name):
            raise
        raise InputError(f"{name} line {reader.line_num} {error}") from error


def _object_of_cells(cells: dict[str | Any, str | Any]) -> dict[str, Any]:
    if None in cells:
        raise InputError("has more cells than the header: put quotes around text with commas")
    line: dict[str, Any] = {}
    attributes: dict[str, Any] = {}
    for column, cell in cells.items():
        if cell is None:
            raise InputError(f'has fewer cells than the header: "{column}" is missing')
        if cell == "":
            continue
        if column == "caption":
            line["captions"] = [cell]
        elif column.startswith("attribute."):
            attribute = column.removeprefix("attribute.")
            attributes[attribute] = from_text(attribute, cell)
        elif column in ("identity", "camera", "sequence", "box"):
            line[column] = _whole_number_of(cell, column)
        else:
            line[column] = cell
    return line | {"attributes": attributes}


def _whole_number_of(cell: str, column: str) -> int:
    try:
        return int(cell)
    except ValueError:
        raise InputError(f'"{column}" must be a whole number, not {cell!r}') from None
