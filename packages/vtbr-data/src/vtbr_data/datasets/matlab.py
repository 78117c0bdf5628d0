"""MATLAB files, read without running anything that is in them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from vtbr_data.errors import InputError

_HDF5 = b"\x89HDF\r\n\x1a\n"


def load_mat(path: Path, variable: str) -> Any:
    """The array `variable` of a MATLAB file up to version 7; raises `InputError` if it cannot be had."""
    from scipy.io import loadmat

    if not path.is_file():
        raise InputError(f"there is no file {path}")
    if is_hdf5(path):
        raise InputError(f"{path} is a MATLAB 7.3 file: save it again with `save -v7`")
    try:
        variables = loadmat(path, variable_names=[variable])
    except Exception as error:  # its parser raises anything on damaged bytes
        raise InputError(f"{path} is no MATLAB file that can be read: get a whole copy") from error
    if variable not in variables:
        raise InputError(f"{path} holds no variable {variable}")
    return variables[variable]


def is_hdf5(path: Path) -> bool:
    """Whether `path` is HDF5, as MATLAB 7.3 writes it: behind 512 bytes of its own, or at the start."""
    with path.open("rb") as file:
        head = file.read(520)
    return _HDF5 in (head[:8], head[512:520])
