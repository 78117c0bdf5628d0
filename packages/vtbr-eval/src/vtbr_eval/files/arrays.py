"""From loose arrays, as people hand them over, to a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..features import FeatureTable
from ..paths import PathList

KEYS = ("features", "identity", "camera", "split", "path")
SPLITS = {"query": 0, "gallery": 1, "train": 2}


def table_from_arrays(arrays: Mapping[str, NDArray[Any]], name: str, fingerprint: str) -> FeatureTable:
    """The table of the arrays under `KEYS`, one row an image.

    Numbering that starts at 0 is recognised by an identity 0 among the queries, where no
    distractor can stand: people are then counted from 1 (`settings.identity_shift`).
    """
    identity = _integers(arrays["identity"], "identity", name)
    camera = _integers(arrays["camera"], "camera", name)
    split = _split(arrays["split"], name)
    shift = int(identity.shape == split.shape and bool(np.any((identity == 0) & (split == 0))))
    return FeatureTable(
        features=_float(arrays["features"], name),
        identity=np.where(identity >= 0, identity + shift, identity),
        camera=camera,
        split=split,
        path=_paths(arrays["path"], name),
        fingerprint=fingerprint,
        metadata={
            "model": {"fingerprint": None, "name": None},
            "data": {"fingerprint": None},
            "settings": {"converted_from": fingerprint, "identity_shift": shift},
        },
        name=name,
        notes=("a query has identity 0, so people count from 0 here: renumbered from 1",) * shift,
    )


def _float(array: NDArray[Any], name: str) -> NDArray[Any]:
    if array.dtype.kind != "f":
        raise InputError(
            f"{name}: features are {array.dtype}, not floating point: save them with `.astype('float32')`"
        )
    wanted = np.float16 if array.dtype.itemsize == 2 else np.float32
    with np.errstate(over="ignore"):  # what overflows becomes infinity, which the table refuses
        return np.ascontiguousarray(array, wanted)


def _integers(array: NDArray[Any], key: str, name: str) -> NDArray[np.int64]:
    if array.dtype.kind not in "iu" or array.ndim != 1:
        raise InputError(
            f"{name}: {key} is {array.dtype} of shape {array.shape}, not whole numbers, one an image: "
            "save it with `.astype('int64')`"
        )
    return np.ascontiguousarray(array, np.int64)


def _text(array: NDArray[Any], key: str, name: str) -> list[str]:
    if array.dtype.kind not in "US" or array.ndim != 1:
        raise InputError(f"{name}: {key} is {array.dtype} of shape {array.shape}, not text, one an image")
    try:
        return [item.decode() if isinstance(item, bytes) else item for item in array.tolist()]
    except UnicodeDecodeError:
        raise InputError(f"{name}: {key} holds bytes that are not UTF-8: save it as text") from None


def _split(array: NDArray[Any], name: str) -> NDArray[np.uint8]:
    if array.dtype == np.uint8 and array.ndim == 1:
        return array
    words = _text(array, "split", name)
    for row, word in enumerate(words):
        if word not in SPLITS:
            raise InputError(f"{name}: split is {word!r} in row {row}: it must be query, gallery or train")
    return np.array([SPLITS[word] for word in words], np.uint8)


def _paths(array: NDArray[Any], name: str) -> PathList:
    try:
        return PathList.of(_text(array, "path", name))
    except UnicodeEncodeError:
        raise InputError(f"{name}: path holds text that UTF-8 cannot write: rename the file") from None
