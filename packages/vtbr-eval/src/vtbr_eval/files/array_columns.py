"""What one array of another tool's file says of its images: features, people or cameras, split, path.

N images, D width of a feature.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..features import GALLERY, QUERY, TRAIN
from ..tables import mark, split_of

SPLITS = {"query": QUERY, "gallery": GALLERY, "train": TRAIN}

Labels = NDArray[np.int64] | list[str]
"""Whole numbers, or names that are still to be numbered."""


def features_of(array: NDArray[Any], where: str, notes: list[str]) -> NDArray[Any]:
    """Returns floating features as (N, D), float16 or float32; trailing axes of length 1 go."""
    if array.dtype.kind != "f":
        raise InputError(
            f"{where}features are {array.dtype}, not floating point: save them with `.astype('float32')`"
        )
    if array.ndim > 2 and set(array.shape[2:]) == {1}:
        notes.append(f"{where}features of shape {array.shape} read as {array.shape[:2]}")
        array = array.reshape(array.shape[:2])
    if array.ndim != 2:
        raise InputError(
            f"{where}features are {array.dtype} of shape {array.shape}, not of shape (images, width)"
        )
    wanted = np.float16 if array.dtype.itemsize == 2 else np.float32
    with np.errstate(over="ignore"):  # what overflows becomes infinity, which the table refuses
        return np.ascontiguousarray(array, wanted)


def labels_of(array: NDArray[Any], key: str, where: str, notes: list[str]) -> Labels:
    """Returns people or cameras, one an image: whole numbers, NaN as -1, or names."""
    flat = _flat(array, key, where)
    if flat.dtype.kind in "US":
        return _text(flat, key, where)
    if flat.dtype.kind == "b":
        raise InputError(f"{where}{key} is {flat.dtype}, not whole numbers or names, one an image")
    if flat.dtype.kind == "f":
        unknown = np.isnan(flat)
        if unknown.any():
            notes.append(f"{where}{key}: NaN in {int(unknown.sum()):,} rows, read as -1")
            flat = np.where(unknown, -1, flat)
        wrong = np.flatnonzero((flat != np.round(flat)) | (np.abs(flat) >= 2**63))
        if wrong.size:
            raise InputError(f"{where}{key} is {flat[wrong[0]]} in row {int(wrong[0])}, not a whole number")
    elif flat.dtype.kind == "u" and flat.size and flat.max() >= 2**63:
        raise InputError(f"{where}{key} holds {flat.max()}: the largest allowed is {2**63 - 1}")
    return flat.astype(np.int64)


def split_of_images(
    found: Mapping[str, NDArray[Any]], count: int, side: str | None, where: str, notes: list[str]
) -> NDArray[np.uint8]:
    """Returns the split (N,): of an array of its own, of marks such as `is_query`, of `num_query`, or `side`."""
    marks = [key for key in ("is_query", "is_gallery", "is_train") if key in found]
    if "split" in found:
        split = _split_column(_flat(found["split"], "split", where), where, notes)
    elif marks:
        split = _split_of_marks({key: _flat(found[key], key, where) for key in marks}, count, where)
    elif "num_query" in found:
        return _split_of_count(found["num_query"], count, where, notes)
    elif side:
        return np.full(count, SPLITS[side], np.uint8)
    else:
        raise InputError(
            f"{where}has no array for split: add `split` (query, gallery or train, one an image), or give "
            "query and gallery apart, in a folder (query.npz, gallery.npz) or as query_f, gallery_f, ..."
        )
    if len(split) != count:
        raise InputError(f"{where}{count:,} features but {len(split):,} of 'split'")
    return split


def paths_of(found: Mapping[str, NDArray[Any]], count: int, side: str, where: str) -> list[str]:
    """Returns a path of each image; without an array the row, after the side where query and gallery are apart."""
    if "path" not in found:
        return [f"{side}/{row}" if side else str(row) for row in range(count)]
    column = _flat(found["path"], "path", where)
    paths = _text(column, "path", where) if column.dtype.kind in "US" else list(map(str, column.tolist()))
    if len(paths) != count:
        raise InputError(f"{where}{count:,} features but {len(paths):,} of 'path'")
    return paths


def _split_of_count(number: NDArray[Any], count: int, where: str, notes: list[str]) -> NDArray[np.uint8]:
    array = np.asarray(number)
    queries = int(array.item()) if array.size == 1 and array.dtype.kind in "iu" else 0
    if not 0 < queries < count:
        raise InputError(
            f"{where}num_query must be one whole number from 1 to {count - 1:,}, of the rows that are queries"
        )
    notes.append(f"{where}split: the first {queries:,} rows read as query, the others as gallery")
    return np.where(np.arange(count) < queries, QUERY, GALLERY).astype(np.uint8)


def _split_column(column: NDArray[Any], where: str, notes: list[str]) -> NDArray[np.uint8]:
    if column.dtype.kind in "US":
        words = _text(column, "split", where)
        meaning = {word: split_of(word) for word in dict.fromkeys(words)}
        for word, split in meaning.items():
            if split is None:
                raise InputError(
                    f"{where}split is {word!r} in row {words.index(word)}: it must be query, gallery or train"
                )
            if word.lower() != split:
                notes.append(f'{where}split: "{word}" read as {split} in {words.count(word):,} rows')
        return np.array([SPLITS[str(meaning[word])] for word in words], np.uint8)
    if column.dtype.kind == "b":
        notes.append(f"{where}split: False read as query, True as gallery")
    wrong = np.flatnonzero(~np.isin(column, (QUERY, GALLERY, TRAIN)))
    if wrong.size:
        raise InputError(
            f"{where}split is {column[wrong[0]]} in row {int(wrong[0])}: 0 is query, 1 gallery, 2 train"
        )
    if column.dtype.kind in "if" or (column.dtype.kind == "u" and column.dtype.itemsize > 1):
        notes.append(f"{where}split: 0 read as query, 1 as gallery, 2 as train")
    return column.astype(np.uint8)


def _split_of_marks(marks: Mapping[str, NDArray[Any]], count: int, where: str) -> NDArray[np.uint8]:
    default = (
        "train"
        if {"is_query", "is_gallery"} <= set(marks)
        else "query"
        if "is_gallery" in marks
        else "gallery"
    )
    split, times = np.full(count, SPLITS[default], np.uint8), np.zeros(count, np.int64)
    for key, column in marks.items():
        said = [mark(cell) for cell in column.tolist()]
        if len(said) != count or None in said:
            raise InputError(f"{where}{key} must be true or false, one an image")
        is_marked = np.array(said, bool)
        split[is_marked] = SPLITS[key.removeprefix("is_")]
        times += is_marked
    if (times > 1).any():
        raise InputError(f"{where}row {int(np.argmax(times > 1))} is marked twice: a row has one split")
    return split


def _flat(array: NDArray[Any], key: str, where: str) -> NDArray[Any]:
    """Returns a row or a column as one axis."""
    array = np.asarray(array)
    flat = array.ravel()
    if array.dtype.kind not in "iufbUS" or flat.size != max(array.shape, default=0):
        raise InputError(
            f"{where}{key} is {array.dtype} of shape {array.shape}, not one number or text an image"
        )
    return flat


def _text(array: NDArray[Any], key: str, where: str) -> list[str]:
    try:
        return [item.decode() if isinstance(item, bytes) else item for item in array.tolist()]
    except UnicodeDecodeError:
        raise InputError(f"{where}{key} holds bytes that are not UTF-8: save it as text") from None
