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
from ..features import GALLERY, FeatureTable, PathList
from ..tables import (
    COUNTED_FROM_ZERO,
    are_numbers,
    camera_numbers,
    camera_that_is_no_name,
    identity_that_is_no_name,
    is_empty,
    numbered_names,
    whole_number,
)
from .array_columns import Labels, features_of, labels_of, paths_of, split_of_images
from .layout import Layout


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
        identity = labels_of(found["identity"], "identity", where, notes)
        camera = (
            labels_of(found["camera"], "camera", where, notes) if "camera" in found else np.full(count, -1)
        )
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
                split=split_of_images(found, count, known, where, notes),
                path=paths_of(found, count, own_side, where),
                fingerprint=fingerprint,
                notes=notes,
            )
        )
    return parts


def joined(
    parts: Sequence[Part | FeatureTable], name: str, fingerprint: str, first_identity: int | None = None
) -> FeatureTable:
    """Makes one table of the parts, some of which may be tables already: numbers names, counts people from 1.

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
