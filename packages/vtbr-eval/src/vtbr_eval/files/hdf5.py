"""Features in HDF5, also as MATLAB 7.3 writes it; needs the extra `hdf5`."""

from __future__ import annotations

import io
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from .layout import Layout
from .npz import DEFLATE_LIMIT

HEAP = b"GCOL\1\0\0\0"
"""How a heap of texts begins, with its version."""


def arrays_from_hdf5(buffer: NDArray[np.uint8], name: str) -> tuple[dict[str, NDArray[Any]], Layout]:
    """Returns the datasets of an HDF5 file that make a table.

    Links into other files are refused. Raises `InputError` without h5py, saying what to type.
    """
    try:
        h5py = import_module("h5py")
    except ImportError:
        raise InputError(
            f"{name}: is an HDF5 file, and h5py is not installed: type `pip install 'vtbr-eval[hdf5]'`"
        ) from None
    data = buffer.tobytes()
    _check_heaps(data, name)
    is_matlab = data.startswith(b"MATLAB 7.3")
    try:
        with h5py.File(io.BytesIO(data), "r") as file:
            layout = Layout.of(map(str, file), name, "an HDF5 file")
            found = {key: _array(h5py, file, key, len(data), name) for key in layout.names}
    except InputError:
        raise
    except Exception as error:  # a damaged file can end in almost any error of h5py
        raise InputError(f"{name}: is a damaged HDF5 file ({error}): copy or save it again") from None
    if is_matlab:  # which counts columns first
        found = {key: array.T for key, array in found.items()}
    return found, layout


def _check_heaps(data: bytes, name: str) -> None:
    """Walks the heaps that hold text of varying length: the HDF5 library never returns from a damaged one.

    A heap is a signature, its length (8 bytes), then objects: index (2 bytes, 0 is free space to the
    end), 6 bytes, length (8), the data padded to 8 ("Global Heap" in the HDF5 file format).
    """
    start = data.find(HEAP)
    while start >= 0:
        end = min(start + int.from_bytes(data[start + 8 : start + 16], "little"), len(data))
        position = start + 16
        while position + 16 <= end:
            is_free = data[position : position + 2] == b"\0\0"
            length = int.from_bytes(data[position + 8 : position + 16], "little")
            if is_free and length < 16:
                raise InputError(f"{name}: is a damaged HDF5 file (its text): copy or save it again")
            position += length if is_free else 16 + length + -length % 8
        start = data.find(HEAP, start + 8)


def _array(h5py: Any, file: Any, key: str, file_size: int, name: str) -> NDArray[Any]:
    if not isinstance(file.get(key, getlink=True), h5py.HardLink):
        raise InputError(f"{name}: {key} is a link to elsewhere, which is not followed: save it as a dataset")
    dataset = file[key]
    if not isinstance(dataset, h5py.Dataset) or dataset.shape is None:
        raise InputError(f"{name}: {key} is not a dataset of numbers or text: save it as one")
    if dataset.is_virtual or dataset.external:
        raise InputError(f"{name}: {key} lies in other files, which are not followed: save it as a dataset")
    # Python integers: nothing is allocated on the word of a shape that lies.
    size = dataset.dtype.itemsize
    for length in dataset.shape:
        size *= length
    if size > file_size * DEFLATE_LIMIT:
        raise InputError(f"{name}: {key} claims {size:,} bytes, more than the file can hold: save it again")
    if h5py.check_string_dtype(dataset.dtype) is not None:
        return np.array(dataset.asstr("utf-8")[()], str)
    if dataset.dtype.hasobject:
        raise InputError(f"{name}: {key} holds neither numbers nor text: save it with `.astype(...)`")
    array: NDArray[Any] = np.asarray(dataset[()])
    return array
