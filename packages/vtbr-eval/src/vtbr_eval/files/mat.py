"""Features in a MATLAB file up to version 7: layumi's six arrays, or such of a table."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from .layout import Layout
from .npz import DEFLATE_LIMIT

NUMBER_CLASSES = frozenset(
    {"double", "single", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"}
)


def arrays_from_mat(buffer: NDArray[np.uint8], name: str) -> tuple[dict[str, NDArray[Any]], Layout]:
    """Returns the arrays of a MATLAB file that make a table.

    scipy's reader holds no unpickling. Sizes are held against the file before it allocates any.
    """
    from scipy.io import loadmat, whosmat

    file = io.BytesIO(buffer.data)
    listed = {key: (shape, kind) for key, shape, kind in _read(whosmat, file, name)}
    layout = Layout.of(listed, name, "a .mat")
    for key in layout.names:
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
    found = _read(loadmat, file, name, variable_names=layout.names)
    return {key: found[key] for key in layout.names}, layout


def _read(function: Any, file: io.BytesIO, name: str, **options: Any) -> Any:
    file.seek(0)
    try:
        return function(file, **options)
    except Exception as error:  # a damaged file can end in almost any error of scipy's reader
        raise InputError(f"{name}: is a damaged .mat ({error}): copy or save it again") from None
