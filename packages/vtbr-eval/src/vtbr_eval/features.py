"""Feature files: one row an image, with who, where and which side of the test it is on.

N images, D width of a feature.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import InputError
from .paths import PathList

QUERY, GALLERY, TRAIN = 0, 1, 2
JUNK, DISTRACTOR, UNKNOWN_CAMERA = -1, 0, -1
BLOCK_BYTES = 32 * 2**20
"""Features are looked through in blocks of this size, so that a mapped file stays on disk."""


@dataclass(frozen=True, kw_only=True, eq=False)
class FeatureTable:
    """Features (N, D) and what is known of each image; a table that exists is valid.

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
        """A table from arrays or lists; without paths, images are called by their row.

        >>> len(FeatureTable.of([[1, 0], [0, 1]], identity=[1, 1], camera=[1, 2], split=[0, 1]))
        2
        """
        rows = np.asarray(features)
        return cls(
            features=rows if rows.dtype == np.float16 else rows.astype(np.float32),
            identity=np.asarray(identity, np.int64),
            camera=np.asarray(camera, np.int64),
            split=np.asarray(split, np.uint8),
            path=PathList.of(map(str, range(len(rows))) if path is None else path),
        )


def blocks(features: NDArray[Any]) -> Iterator[slice]:
    """Slices of rows that together cover `features`, each about `BLOCK_BYTES` large."""
    rows = max(1, BLOCK_BYTES // max(1, features.shape[1] * features.itemsize))
    for start in range(0, len(features), rows):
        yield slice(start, min(start + rows, len(features)))


def _check_shapes(table: FeatureTable) -> None:
    name, features = table.name, table.features
    if features.ndim != 2 or features.dtype not in (np.float32, np.float16):
        raise InputError(
            f"{name}: features are {features.dtype} of shape {features.shape}, "
            "not float32 or float16 of shape (images, width)"
        )
    if 0 in features.shape:
        raise InputError(f"{name}: features of shape {features.shape} hold nothing: is the manifest empty?")
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
