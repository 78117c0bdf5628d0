"""Features as a lone `.npy` and a CSV table of what each row shows."""

from __future__ import annotations

import csv
import io
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from .arrays import SPLITS
from .npz import npy_header

HEADER_LIMIT = 2**16
"""An `.npy` header is far smaller; more is not searched for its end."""
DEFAULTS = {"identity": "-1", "camera": "-1", "split": "gallery"}
"""Of columns that a table lacks, as in a manifest."""


def array_from_npy(buffer: NDArray[np.uint8], name: str) -> NDArray[Any]:
    """The array of an `.npy`, a view of its bytes; objects (pickles) are refused."""
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


def columns_from_csv(text: bytes, name: str) -> dict[str, NDArray[Any]]:
    """Arrays `path`, `identity`, `camera` and `split` of a table with a header row.

    Only `path` must be there. Raises `InputError` with the line of what cannot be read.
    """
    try:
        rows = csv.DictReader(io.StringIO(text.decode("utf-8-sig"), newline=""), strict=True)
        found = list(rows)
    except UnicodeDecodeError:
        raise InputError(f"{name}: is not UTF-8 text: save the table as UTF-8") from None
    except csv.Error as error:
        raise InputError(f"{name}: is no CSV table ({error}): save it again") from None
    if "path" not in (rows.fieldnames or []):
        raise InputError(
            f"{name}: has no column `path`; its first line must name the columns, e.g. "
            "path,identity,camera,split"
        )
    for number, row in enumerate(found, 2):
        if None in row or None in row.values():
            raise InputError(f"{name}:{number}: has not as many cells as the first line has columns")
    return {
        "path": np.array([row["path"] for row in found], str),
        "identity": _integers(found, "identity", name),
        "camera": _integers(found, "camera", name),
        "split": _split(found, name),
    }


def _integers(rows: list[dict[str, str]], column: str, name: str) -> NDArray[np.int64]:
    numbers = np.empty(len(rows), np.int64)
    for i, row in enumerate(rows):
        cell = row.get(column, DEFAULTS[column])
        try:
            numbers[i] = int(cell)
        except (ValueError, OverflowError):
            raise InputError(f"{name}:{i + 2}: {column} is {cell!r}, not a whole number") from None
    return numbers


def _split(rows: list[dict[str, str]], name: str) -> NDArray[np.uint8]:
    words = [row.get("split", DEFAULTS["split"]) for row in rows]
    for number, word in enumerate(words, 2):
        if word not in SPLITS:
            raise InputError(f"{name}:{number}: split is {word!r}: it must be query, gallery or train")
    return np.array([SPLITS[word] for word in words], np.uint8)
