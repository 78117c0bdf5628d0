"""Feature files of other tools, each by its reader."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..features import FeatureTable
from .arrays import table_from_arrays
from .magic import Kind


def read_foreign(
    kind: Kind, buffer: NDArray[np.uint8], name: str, fingerprint: str, columns: str | Path | None
) -> FeatureTable:
    """The table in the bytes of a file that is no `vtbr.features`.

    `columns` is the CSV table of an `.npy`; its bytes then count in the fingerprint. Raises
    `InputError` for what cannot be used.
    """
    if kind == "npz":
        from .npz import arrays_from_npz

        return table_from_arrays(arrays_from_npz(buffer, name), name, fingerprint)
    if kind == "mat":
        from .mat import arrays_from_mat

        return table_from_arrays(arrays_from_mat(buffer, name), name, fingerprint)
    if kind == "hdf5":
        from .hdf5 import arrays_from_hdf5

        return table_from_arrays(arrays_from_hdf5(buffer, name), name, fingerprint)
    from .npy import array_from_npy, columns_from_csv

    table = Path(columns) if columns else Path(name).with_suffix(".csv")
    if not columns and not table.is_file():
        raise InputError(
            f"{name}: is a lone numpy array, without identities and cameras: put a table "
            f"{table.name} with the columns path, identity, camera, split beside it, "
            "or name one by `vtbr-eval convert --columns`"
        )
    text = table.read_bytes()
    arrays = {"features": array_from_npy(buffer, name), **columns_from_csv(text, str(table))}
    both = hashlib.sha256((fingerprint + hashlib.sha256(text).hexdigest()).encode()).hexdigest()
    return table_from_arrays(arrays, name, both)
