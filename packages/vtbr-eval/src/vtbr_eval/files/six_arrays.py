"""The six arrays that layumi's Person_reID_baseline_pytorch writes, and many tools after it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError

SIDES = ("query", "gallery")
SIX = tuple(f"{side}_{what}" for side in SIDES for what in ("f", "label", "cam"))


def five_from_six(six: Mapping[str, NDArray[Any]], name: str) -> dict[str, NDArray[Any]]:
    """Features, identity, camera, split and path: queries first, called `query/0`, `query/1`, ...

    Labels are rows or columns of whole numbers, which MATLAB may have stored as doubles. Raises
    `InputError` where the arrays do not fit together.
    """
    features = [np.asarray(six[f"{side}_f"]) for side in SIDES]
    for side, array in zip(SIDES, features, strict=True):
        if array.ndim != 2 or array.dtype.kind != "f":
            raise InputError(
                f"{name}: {side}_f is {array.dtype} of shape {array.shape}, "
                "not floating point of shape (images, width)"
            )
    if features[0].shape[1] != features[1].shape[1]:
        widths = f"{features[0].shape[1]:,} and {features[1].shape[1]:,}"
        raise InputError(f"{name}: query_f and gallery_f are {widths} wide: extract both with one model")
    found: dict[str, list[NDArray[Any]]] = {"identity": [], "camera": [], "split": [], "path": []}
    for number, (side, array) in enumerate(zip(SIDES, features, strict=True)):
        for key, what in (("identity", "label"), ("camera", "cam")):
            column = _whole_numbers(six[f"{side}_{what}"], f"{side}_{what}", name)
            if len(column) != len(array):
                raise InputError(
                    f"{name}: {len(array):,} rows of {side}_f but {len(column):,} of {side}_{what}"
                )
            found[key].append(column)
        found["split"].append(np.full(len(array), number, np.uint8))
        found["path"].append(np.array([f"{side}/{row}" for row in range(len(array))], str))
    columns = {key: np.concatenate(both) for key, both in found.items()}
    return {"features": np.concatenate(features), **columns}


def _whole_numbers(array: NDArray[Any], key: str, name: str) -> NDArray[np.int64]:
    array = np.asarray(array)
    flat = array.ravel()
    # A row or a column; MATLAB has no vectors.
    if array.dtype.kind not in "iuf" or flat.size != max(array.shape, default=0):
        raise InputError(
            f"{name}: {key} is {array.dtype} of shape {array.shape}, not whole numbers, one an image"
        )
    if flat.dtype.kind == "f" and not (np.isfinite(flat).all() and (flat == np.round(flat)).all()):
        raise InputError(f"{name}: {key} holds fractions, not whole numbers")
    return flat.astype(np.int64)
