"""MATLAB files up to version 7, read by a process of its own: scipy's reader crashes on some damaged ones.

Nothing in them is run.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..processes import child_environment

_HDF5 = b"\x89HDF\r\n\x1a\n"
_PATIENCE_SECONDS = 120


def load_mat(path: Path, variable: str) -> Any:
    """Return the value of `variable`; raises `InputError` if it cannot be read."""
    if not path.is_file():
        raise InputError(f"there is no file {path}")
    if is_hdf5(path):
        raise InputError(f"{path} is a MATLAB 7.3 file: save it again with `save -v7`")
    command = [sys.executable, "-m", "vtbr_data.datasets.mat_worker", str(path), variable]
    try:
        done = subprocess.run(
            command, capture_output=True, env=child_environment(), timeout=_PATIENCE_SECONDS, check=True
        )
        found = json.loads(done.stdout)
    except (subprocess.SubprocessError, ValueError) as error:
        raise InputError(f"{path} cannot be read as a MATLAB file: get a whole copy") from error
    if variable not in found:
        raise InputError(f"{path} holds no variable {variable}")
    return found[variable]


def is_hdf5(path: Path) -> bool:
    """Return whether `path` is HDF5, as MATLAB 7.3 writes it: behind 512 bytes of its own, or at the start."""
    with path.open("rb") as file:
        head = file.read(520)
    return _HDF5 in (head[:8], head[512:520])
