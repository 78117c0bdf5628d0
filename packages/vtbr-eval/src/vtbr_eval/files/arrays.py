"""From loose arrays, as other tools write them, to one table.

Files that are read as one table are joined before people and cameras are numbered, so that they
are numbered alike. N images, D width of a feature.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..features import GALLERY, QUERY, TRAIN, FeatureTable, PathList
from ..tables import (
    COUNTED_FROM_ZERO,
    are_numbers,
    camera_numbers,
    camera_that_is_no_name,
    identity_that_is_no_name,
    is_empty,
    mark,
    numbered_names,
    split_of,
    whole_number,
)
from .layout import Layout

SPLITS = {"query": QUERY, "gallery": GALLERY, "train": TRAIN}
KEYS = ("features", "identity", "camera", "split", "path")

Labels = NDArray[np.int64] | list[str]
"""Whole numbers, or names that are still to be numbered."""


@dataclass
class Part:
    """What one file says of its images."""

    name: str
    features: NDArray[Any]
    identity: Labels
    camera: Labels
    split: NDArray[np.uint8]
    path: Sequence[str]
    fingerprint: str
    notes: list[str] = field(default_factory=list)
    metadata: Mapping[str, Any] | None = None
    """Of a features file."""


def parts_from_arrays(
    arrays: Mapping[str, NDArray[Any]], layout: Layout, name: str, fingerprint: str, side: str | None = None
) -> list[Part]:
    """Makes a part of the arrays, or two of query and gallery apart.

    `side` is the split of a file that does not say it itself, by its name. Raises `InputError` for
    arrays that cannot be what they are called.
    """
    parts: list[Part] = []
    for own_side, names in layout.sides.items():
        found = {key: arrays[array] for key, array in names.items()}
        known, notes = own_side or side, layout.said(name) if not parts else []
        where = f"{name}: {own_side} " if own_side else f"{name}: "
        features = features_of(found["features"], where, notes)
        count = len(features)
        identity = _labels(found["identity"], "identity", where, notes)
        camera = _labels(found["camera"], "camera", where, notes) if "camera" in found else np.full(count, -1)
        for key, column in (("identity", identity), ("camera", camera)):
            if len(column) != count:
                raise InputError(
                    f"{where}{count:,} features but {len(column):,} of {key!r}{_turned(features, column)}"
                )
        parts.append(
            Part(
                name=name,
                features=features,
                identity=identity,
                camera=camera,
                split=_split(found, count, known, where, notes),
                path=_paths(found, count, own_side, where),
                fingerprint=fingerprint,
                notes=notes,
            )
        )
    return parts


def joined(
    parts: Sequence[Part], name: str, fingerprint: str, first_identity: int | None = None
) -> FeatureTable:
    """Makes one table of the parts: numbers names, and counts people from 1.

    Numbering that starts at 0 is recognised by an identity 0 of a query or a training image, where
    no distractor can be (`settings.identity_shift`), unless `first_identity` says it.
    """
    width = parts[0].features.shape[1]
    for part in parts[1:]:
        if part.features.shape[1] != width:
            two = f"{width:,} and {part.features.shape[1]:,}"
            names = (
                f"{parts[0].name} and {part.name} are"
                if part.name != parts[0].name
                else f"{name}: query and gallery are"
            )
            raise InputError(f"{names} {two} wide: extract both with one model")
    notes = list(dict.fromkeys(note for part in parts for note in part.notes))
    split = np.concatenate([part.split for part in parts])
    settings: dict[str, Any] = {"converted_from": fingerprint}
    identity = _numbered("identity", [part.identity for part in parts], name, notes, settings)
    camera = _numbered("camera", [part.camera for part in parts], name, notes, settings)
    starts_at_zero = bool(((identity == 0) & (split != GALLERY)).any()) and "identity_names" not in settings
    shift = int(first_identity == 0 or (first_identity is None and starts_at_zero))
    if shift:
        notes.append(f"{name}: {COUNTED_FROM_ZERO}")
    settings["identity_shift"] = shift
    metadata = next((part.metadata for part in parts if part.metadata), None) or {
        "model": {"fingerprint": None, "name": None}, "data": {"fingerprint": None}, "settings": settings,
    }  # fmt: skip
    single = [part.features for part in parts]
    return FeatureTable(
        features=single[0] if len(single) == 1 else np.concatenate(single),
        identity=np.where(identity >= 0, identity + shift, identity),
        camera=camera,
        split=split,
        path=_packed([path for part in parts for path in part.path], name),
        fingerprint=fingerprint,
        metadata=metadata,
        name=name,
        notes=tuple(notes),
    )


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


def _flat(array: NDArray[Any], key: str, where: str) -> NDArray[Any]:
    """Returns a row or a column as one axis."""
    array = np.asarray(array)
    flat = array.ravel()
    if array.dtype.kind not in "iufbUS" or flat.size != max(array.shape, default=0):
        raise InputError(
            f"{where}{key} is {array.dtype} of shape {array.shape}, not one number or text an image"
        )
    return flat


def _labels(array: NDArray[Any], key: str, where: str, notes: list[str]) -> Labels:
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


def _text(array: NDArray[Any], key: str, where: str) -> list[str]:
    try:
        return [item.decode() if isinstance(item, bytes) else item for item in array.tolist()]
    except UnicodeDecodeError:
        raise InputError(f"{where}{key} holds bytes that are not UTF-8: save it as text") from None


def _numbered(
    key: str, labels: Sequence[Labels], name: str, notes: list[str], settings: dict[str, Any]
) -> NDArray[np.int64]:
    """Returns the whole numbers, or numbers the names of all parts together."""
    if not any(isinstance(column, list) for column in labels):
        return np.concatenate([np.asarray(column, np.int64) for column in labels])
    cells = [
        str(cell) for column in labels for cell in (column if isinstance(column, list) else column.tolist())
    ]
    found = _whole_numbers(cells, key, name)
    if found is not None:
        return np.array(found, np.int64)
    from_names = camera_numbers(cells) if key == "camera" else None
    if from_names is not None:
        first = next(cell for cell in cells if cell)
        notes.append(f'{name}: camera: numbers read from names like "{first}"')
        return np.array(from_names, np.int64)
    special = identity_that_is_no_name if key == "identity" else camera_that_is_no_name
    numbers, names = numbered_names(cells, special)
    settings[f"{key}_names"] = list(names)
    count = f"{len(names):,} name{'' if len(names) == 1 else 's'}"
    notes.append(f"{name}: {key}: {count} numbered from 1, kept as {key}_names in the metadata")
    return np.array(numbers, np.int64)


def _split(
    found: Mapping[str, NDArray[Any]], count: int, side: str | None, where: str, notes: list[str]
) -> NDArray[np.uint8]:
    marks = [key for key in ("is_query", "is_gallery", "is_train") if key in found]
    if "split" in found:
        split = _split_column(_flat(found["split"], "split", where), where, notes)
    elif marks:
        split = _split_of_marks({key: _flat(found[key], key, where) for key in marks}, count, where)
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


def _paths(found: Mapping[str, NDArray[Any]], count: int, side: str, where: str) -> list[str]:
    if "path" not in found:
        return [f"{side}/{row}" if side else str(row) for row in range(count)]
    column = _flat(found["path"], "path", where)
    paths = _text(column, "path", where) if column.dtype.kind in "US" else list(map(str, column.tolist()))
    if len(paths) != count:
        raise InputError(f"{where}{count:,} features but {len(paths):,} of 'path'")
    return paths


def _packed(paths: list[str], name: str) -> PathList:
    try:
        return PathList.of(paths)
    except UnicodeEncodeError:
        raise InputError(f"{name}: path holds text that UTF-8 cannot write: rename the file") from None


def _whole_numbers(cells: Sequence[str], key: str, name: str) -> list[int] | None:
    """Returns the numbers in a column of text, empty ones as -1; None if it holds names."""
    if not are_numbers(cells):
        return None
    found = [-1 if is_empty(cell) else whole_number(cell, -1) for cell in cells]
    for row, value in enumerate(found):
        if isinstance(value, str):
            raise InputError(f"{name}: {key} {value} (row {row})")
    return [value for value in found if isinstance(value, int)]


def _turned(features: NDArray[Any], column: Labels) -> str:
    return ": transpose the features, one row an image" if features.shape[1] == len(column) else ""
