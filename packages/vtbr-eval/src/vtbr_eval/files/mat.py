"""Features in a MATLAB file up to version 7: layumi's six arrays."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from .npz import DEFLATE_LIMIT
from .six_arrays import SIX, five_from_six

NUMBER_CLASSES = frozenset(
    {"double", "single", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"}
)


def arrays_from_mat(buffer: NDArray[np.uint8], name: str) -> dict[str, NDArray[Any]]:
    """The arrays of an image table; everything else in the file is passed over.

    scipy's reader holds no unpickling. Sizes are held against the file before it allocates any.
    """
    from scipy.io import loadmat, whosmat

    file = io.BytesIO(buffer.data)
    listed = {key: (shape, kind) for key, shape, kind in _read(whosmat, file, name)}
    missing = [key for key in SIX if key not in listed]
    if missing:
        raise InputError(f"{name}: has no array {missing[0]!r}; a .mat needs {', '.join(SIX)} (layumi's)")
    for key in SIX:
        shape, kind = listed[key]
        if kind not in NUMBER_CLASSES:
            raise InputError(f"{name}: {key} is of MATLAB's class {kind}, not numbers: save it as double")
        size = 1
        for length in shape:
            size *= length
        if size > buffer.size * DEFLATE_LIMIT:
            raise InputError(
                f"{name}: {key} claims {size:,} numbers, more than the file can hold: save it again"
            )
    found = _read(loadmat, file, name, variable_names=list(SIX))
    return five_from_six({key: found[key] for key in SIX}, name)


def _read(function: Any, file: io.BytesIO, name: str, **options: Any) -> Any:
    file.seek(0)
    try:
        return function(file, **options)
    except Exception as error:  # a damaged file can end in almost any error of scipy's reader
        raise InputError(f"{name}: is a damaged .mat ({error}): copy or save it again") from None
