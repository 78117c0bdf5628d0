"""Features as an `.npy` with a table of labels beside it, or as columns of a table."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..tables import Rows, TableOptions, parquet_library, read_rows
from .array_columns import SPLITS, Labels, features_of
from .arrays import Part
from .features_file import EXTRACT
from .npz import npy_header

HEADER_LIMIT = 2**16
"""An `.npy` header is far smaller; more is not searched for its end."""


def array_from_npy(buffer: NDArray[np.uint8], name: str) -> NDArray[Any]:
    """Returns the array of an `.npy`, a view of its bytes; objects (pickles) are refused."""
    start = io.BytesIO(bytes(buffer[:HEADER_LIMIT]))
    try:
        shape, fortran, dtype = npy_header(start)
    except (ValueError, EOFError):
        raise InputError(f"{name}: its header is damaged: copy or save the .npy again") from None
    if dtype.hasobject:
        raise InputError(
            f"{name}: holds Python objects (a pickle), which are never opened: save it as numbers, "
            "e.g. with `.astype('float32')`"
        )
    data = buffer[start.tell() :]
    size = dtype.itemsize
    for length in shape:
        size *= length
    if size != data.size:
        raise InputError(
            f"{name}: holds {data.size:,} bytes of data where its header promises {size:,}: "
            "copy or save the .npy again"
        )
    flat = data.view(dtype) if size else np.empty(0, dtype)
    return flat.reshape(shape, order="F" if fortran else "C")


def part_of_npy(
    buffer: NDArray[np.uint8],
    name: str,
    fingerprint: str,
    table: Path,
    options: TableOptions,
    side: str | None,
) -> Part:
    """Reads an `.npy` of features (N, D) with the table of its rows, which needs no paths.

    The table's bytes count in the fingerprint. Raises `InputError` for what cannot be used.
    """
    data = table.read_bytes()
    both = hashlib.sha256((fingerprint + hashlib.sha256(data).hexdigest()).encode()).hexdigest()
    array = array_from_npy(buffer, name)
    found = read_rows(data, str(table), _not_yet_numbered(options), needs_path=False)
    return _part(array, found, name, both, side)


def part_of_wide_text(
    data: bytes, name: str, fingerprint: str, options: TableOptions, side: str | None
) -> Part:
    """Reads a table whose columns of numbers (`f0`, `f1`, ...) are the features.

    Raises `InputError` for a table without such columns.
    """
    try:
        found = read_rows(data, name, _not_yet_numbered(options), needs_path=False)
    except InputError as error:
        raise InputError(f"{name}: is text, not a features file: {EXTRACT} (as a table: {error})") from None
    if found.is_manifest:
        raise InputError(f"{name}: is a manifest, not a features file: {EXTRACT}")
    columns = _numbered_columns(found.unknown)
    if not columns:
        raise InputError(
            f"{name}: is text, not a features file: {EXTRACT}; "
            "of a table the columns f0, f1, ... are features"
        )
    array = np.empty((len(found.rows), len(columns)), np.float32)
    for i, row in enumerate(found.rows):
        for j, column in enumerate(columns):
            try:
                array[i, j] = row.pop(column)
            except (KeyError, ValueError, TypeError):
                raise InputError(f"{name}: {column} is empty or not a number in row {i}") from None
    shown = f'"{columns[0]}" to "{columns[-1]}"'
    found.notes = [note for note in found.notes if not note.startswith(f"{name}: kept as they are")]
    left_out = [column for column in found.unknown if column not in columns]
    found.notes.insert(1, f"{name}: read features from {len(columns):,} columns, {shown}")
    found.notes += [f"{name}: left out: {', '.join(map(repr, left_out))}"] if left_out else []
    return _part(array, found, name, fingerprint, side)


def part_of_parquet(
    data: bytes, name: str, fingerprint: str, options: TableOptions, side: str | None
) -> Part:
    """Reads a Parquet table: the features are a column of lists, or numbered columns of numbers.

    Raises `InputError` without pyarrow and for a table without features.
    """
    pyarrow = parquet_library(name)
    try:
        table = pyarrow.parquet.read_table(io.BytesIO(data))
        lists = [f.name for f in table.schema if _is_list_of_numbers(pyarrow, f.type)]
        numbers = [f.name for f in table.schema if pyarrow.types.is_floating(f.type)]
        columns = lists[:1] or _numbered_columns(numbers)
        array = _stacked(table, columns, is_list=bool(lists)) if columns else np.empty((0, 0), np.float32)
        rest = io.BytesIO()
        pyarrow.parquet.write_table(table.drop_columns([*columns, *lists[1:]]), rest)
    except InputError:
        raise
    except Exception as error:  # a damaged file can end in almost any error of pyarrow
        reason = str(error).partition("\n")[0]
        raise InputError(f"{name} is a damaged Parquet file ({reason}): copy or write it again") from None
    if not columns:
        raise InputError(f"{name}: has no features: a column of lists, or columns f0, f1, ... of numbers")
    found = read_rows(rest.getvalue(), name, _not_yet_numbered(options), needs_path=False)
    said = f'"{columns[0]}"' if lists else f'{len(columns):,} columns, "{columns[0]}" to "{columns[-1]}"'
    found.notes.insert(1, f"{name}: read features from {said}")
    return _part(array, found, name, fingerprint, side)


def _not_yet_numbered(options: TableOptions) -> TableOptions:
    """Leaves people counted from 0 as they are: files read as one table are joined first."""
    return replace(options, keeps_zero=True)


def _part(array: NDArray[Any], found: Rows, name: str, fingerprint: str, side: str | None) -> Part:
    rows = found.rows
    if len(rows) != len(array):
        raise InputError(f"{name}: {len(array):,} features but {len(rows):,} rows in its table")
    says_split = {"split", "is_query", "is_gallery", "is_train"} & set(found.keys)
    own = None if says_split or found.is_manifest else side
    split = np.array([SPLITS[own or row["split"]] for row in rows], np.uint8)
    notes = [note for note in found.notes if "numbered from 1" not in note]
    notes += [f"{name}: split: {own}, from the file's name"] if own else []
    return Part(
        name=name,
        features=features_of(array, f"{name}: ", notes),
        identity=_raw(rows, "identity"),
        camera=_raw(rows, "camera"),
        split=split,
        path=[str(i) if row.get("path") is None else str(row["path"]) for i, row in enumerate(rows)],
        fingerprint=fingerprint,
        notes=notes,
    )


def _raw(rows: list[dict[str, Any]], key: str) -> Labels:
    """Returns a column as it was before names were numbered."""
    if not any(f"{key}_name" in row for row in rows):
        return np.array([row[key] for row in rows], np.int64)
    return [str(row.get(f"{key}_name", row[key])) for row in rows]


def _numbered_columns(names: Iterable[str]) -> list[str]:
    """Returns the columns of one word and running numbers, in the order of the numbers.

    >>> _numbered_columns(["f10", "f2", "note", "g1"])
    ['f2', 'f10']
    """
    by_word: dict[str, list[tuple[int, str]]] = {}
    for name in names:
        match = re.fullmatch(r"(.*?)(\d+)", name)
        if match:
            by_word.setdefault(match[1], []).append((int(match[2]), name))
    longest = max(by_word.values(), key=len, default=[])
    return [name for _, name in sorted(longest)] if len(longest) > 1 else []


def _is_list_of_numbers(pyarrow: Any, kind: Any) -> bool:
    types = pyarrow.types
    is_list = types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind)
    return bool(is_list and types.is_floating(kind.value_type))


def _stacked(table: Any, columns: list[str], *, is_list: bool) -> NDArray[Any]:
    if not is_list:
        return np.stack([table[column].to_numpy().astype(np.float32) for column in columns], axis=1)
    column = table[columns[0]].combine_chunks()
    flat: NDArray[Any] = column.flatten().to_numpy(zero_copy_only=False)
    if not len(table) or column.null_count or len(flat) % len(table):
        raise InputError(
            f"the lists of {columns[0]!r} are not all of one length: each image needs one feature"
        )
    lengths = column.value_lengths().to_numpy() if hasattr(column, "value_lengths") else np.array([])
    if len(set(lengths.tolist())) > 1:
        raise InputError(
            f"the lists of {columns[0]!r} are not all of one length: each image needs one feature"
        )
    return flat.reshape(len(table), -1)
