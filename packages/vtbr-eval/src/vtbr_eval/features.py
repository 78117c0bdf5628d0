"""The table that everything is scored from: one row an image, its person, camera and split.

N images, D width of a feature.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import InputError

QUERY, GALLERY, TRAIN = 0, 1, 2
JUNK, DISTRACTOR, UNKNOWN_CAMERA = -1, 0, -1
BLOCK_BYTES = 32 * 2**20
"""Features are read in blocks of this size, so that a mapped file stays on disk."""


class PathList(Sequence[str]):
    """Paths as UTF-8 bytes, one after the other; path i is `text[offset[i]:offset[i + 1]]`.

    Raises `ValueError` when the offsets do not fit the text or cut through a letter.

    >>> paths = PathList.of(["a.jpg", "é.jpg"])
    >>> paths[1], len(paths), paths.offset.tolist()
    ('é.jpg', 2, [0, 5, 11])
    """

    def __init__(self, text: NDArray[np.uint8], offset: NDArray[np.int64]) -> None:
        if offset[0] != 0 or offset[-1] != text.size or (np.diff(offset) < 0).any():
            raise ValueError("path_offset does not rise from 0 to the length of path")
        bytes(text).decode()  # UnicodeDecodeError is a ValueError
        starts = offset[offset < text.size]
        if ((text[starts] & 0xC0) == 0x80).any():  # 10xxxxxx never starts a UTF-8 letter
            raise ValueError("path_offset cuts through a letter of path")
        self.text = text
        self.offset = offset

    @classmethod
    def of(cls, paths: Iterable[str]) -> PathList:
        """Returns the same paths, packed."""
        encoded = [path.encode() for path in paths]
        offset = np.zeros(len(encoded) + 1, np.int64)
        np.cumsum([len(path) for path in encoded], out=offset[1:])
        return cls(np.frombuffer(b"".join(encoded), np.uint8), offset)

    def __len__(self) -> int:
        return len(self.offset) - 1

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> str | list[str]:
        if isinstance(index, slice):
            return [self[i] for i in range(len(self))[index]]
        i = range(len(self))[index]
        return bytes(self.text[self.offset[i] : self.offset[i + 1]]).decode()


@dataclass(frozen=True, kw_only=True, eq=False)
class FeatureTable:
    """Holds features (N, D) and what is known of each image; a table that exists is valid.

    Raises `InputError` for lengths that differ, numbers out of range, NaN and infinity. Identity
    -1 is junk, 0 a distractor; camera -1 is unknown; split is 0 query, 1 gallery, 2 train.
    """

    features: NDArray[Any]
    identity: NDArray[np.int64]
    camera: NDArray[np.int64]
    split: NDArray[np.uint8]
    path: PathList
    fingerprint: str = ""
    """SHA-256 of the file that the table was read from."""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    name: str = "features"
    """The file's name, for messages and for `input` in scores."""
    notes: tuple[str, ...] = ()
    """What reading changed, for people."""

    def __post_init__(self) -> None:
        _check_shapes(self)
        _check_numbers(self)
        _check_finite(self)

    def __len__(self) -> int:
        return len(self.identity)

    @classmethod
    def of(
        cls,
        features: ArrayLike,
        *,
        identity: ArrayLike,
        camera: ArrayLike,
        split: ArrayLike,
        path: Iterable[str] | None = None,
    ) -> FeatureTable:
        """Makes a table from arrays or lists; without paths, images are called by their row.

        Raises `InputError` for what the columns cannot hold: nothing is rounded or cut.

        >>> len(FeatureTable.of([[1, 0], [0, 1]], identity=[1, 1], camera=[1, 2], split=[0, 1]))
        2
        """
        rows = _array("features", features)
        if rows.dtype.kind not in "fiub":
            raise InputError(f"features are {rows.dtype}, not numbers")
        with np.errstate(over="ignore"):  # what overflows becomes infinity, which is refused
            rows = rows if rows.dtype == np.float16 else rows.astype(np.float32)
        return cls(
            features=rows,
            identity=_whole("identity", identity),
            camera=_whole("camera", camera),
            split=_small(_whole("split", split)),
            path=PathList.of(map(str, range(len(rows) if rows.ndim else 0)) if path is None else path),
        )


def blocks(features: NDArray[Any]) -> Iterator[slice]:
    """Yields slices of rows that together cover `features`, each about `BLOCK_BYTES` large."""
    rows = max(1, BLOCK_BYTES // max(1, features.shape[1] * features.itemsize))
    for start in range(0, len(features), rows):
        yield slice(start, min(start + rows, len(features)))


def _array(key: str, values: ArrayLike) -> NDArray[Any]:
    try:
        return np.asarray(values)
    except (ValueError, TypeError, OverflowError) as error:
        raise InputError(f"{key} is not an array: {error}") from None


def _whole(key: str, values: ArrayLike) -> NDArray[np.int64]:
    """Returns one axis of whole numbers; raises `InputError` for fractions, NaN, text and other shapes."""
    column = _array(key, values)
    if column.ndim != 1:
        raise InputError(f"{key} has shape {column.shape}, not one number an image")
    if column.size and column.dtype.kind not in "iufb":
        raise InputError(f"{key} is {column.dtype}, not whole numbers")
    if column.dtype.kind in "fu":
        wrong = np.flatnonzero((column != np.round(column)) | (np.abs(column) >= 2**63))
        if wrong.size:
            raise InputError(f"{key} is {column[wrong[0]]} in row {int(wrong[0])}, not a whole number")
    return column.astype(np.int64)


def _small(split: NDArray[np.int64]) -> NDArray[np.uint8]:
    wrong = np.flatnonzero((split < 0) | (split > TRAIN))
    if wrong.size:
        raise InputError(f"split is {split[wrong[0]]} in row {int(wrong[0])}: 0 is query, 1 gallery, 2 train")
    return split.astype(np.uint8)


def _check_shapes(table: FeatureTable) -> None:
    name, features = table.name, table.features
    if features.ndim != 2 or features.dtype not in (np.float32, np.float16):
        raise InputError(
            f"{name}: features are {features.dtype} of shape {features.shape}, "
            "not float32 or float16 of shape (images, width)"
        )
    if 0 in features.shape:
        raise InputError(f"{name}: features of shape {features.shape} are empty: is the manifest empty?")
    for key in ("identity", "camera", "split", "path"):
        if len(getattr(table, key)) != len(features):
            raise InputError(
                f"{name}: {len(features):,} features but {len(getattr(table, key)):,} of {key!r}: "
                "every image needs one of each"
            )


def _check_numbers(table: FeatureTable) -> None:
    limits = {"identity": (-1, None), "camera": (-1, None), "split": (0, 2)}
    meaning = {
        "identity": "-1 is junk, 0 a distractor, people count from 1",
        "camera": "-1 is unknown",
        "split": "0 is query, 1 gallery, 2 train",
    }
    for key, (low, high) in limits.items():
        column = getattr(table, key)
        wrong = np.flatnonzero((column < low) | (column > high) if high is not None else column < low)
        if wrong.size:
            row = int(wrong[0])
            raise InputError(
                f"{table.name}: {key} is {column[row]} in row {row} ({table.path[row]}): {meaning[key]}"
            )


def _check_finite(table: FeatureTable) -> None:
    for block in blocks(table.features):
        finite = np.isfinite(table.features[block]).all(axis=1)
        if not finite.all():
            row = block.start + int(np.flatnonzero(~finite)[0])
            what = "NaN" if np.isnan(table.features[row]).any() else "infinity"
            raise InputError(
                f"{table.name}: the feature in row {row} ({table.path[row]}) holds {what}: "
                "look at that image and at the model, then extract the features again"
            )
