"""Weights as other programs save them: tensors by name, and never any code.

Pickles are opened with `torch.load(weights_only=True)`, which builds tensors and plain containers only.
"""

from __future__ import annotations

import os
import pickle
import re
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import safe_open
from torch import Tensor

from ..checkpoint import FORMAT, read_header
from ..errors import InputError

_BUILDERS: dict[str, Any] = {
    "scalar": np.float64(0).__reduce__()[0],  # what pickles build NumPy's numbers and arrays by
    "_reconstruct": np.empty(0).__reduce__()[0],
}
_HOMES = ("numpy.core", "numpy._core")  # before NumPy 2 and since
_NUMPY_DATA: list[Any] = [
    np.ndarray,
    np.dtype,
    *((build, f"{home}.multiarray.{name}") for name, build in _BUILDERS.items() for home in _HOMES),
    *(type(np.dtype(kind)) for kind in np.typecodes["AllInteger"] + np.typecodes["AllFloat"] + "?"),
]
"""NumPy's numbers, which training programs save beside the weights (a best score, an epoch): data, not code."""
_WRAPPERS = ("state_dict", "model", "model_state_dict", "net", "network", "teacher")
"""Where training programs keep the weights beside their optimizer, epoch and the like; DINO's followers keep two
networks, of which the teacher is used."""


def read_tensors(path: str | os.PathLike[str]) -> dict[str, Tensor]:
    """Return all tensors of a `.pth`, `.pth.tar`, `.bin` or `.safetensors` file, by their names there.

    Raises InputError for a pickle that holds anything but tensors and plain containers, for a file without named
    tensors, and for a checkpoint of this package.
    """
    with Path(path).open("rb") as file:
        start = file.read(9)
    if start[8:9] != b"{" and (start[:4] == b"PK\x03\x04" or start[:1] == b"\x80"):
        return _named_tensors(_unpickled(path), path)
    if start[8:9] != b"{":
        raise InputError(
            f"{path} is neither a PyTorch file nor a safetensors file: give another program's weights (.pth, "
            ".pth.tar, .bin, .safetensors)"
        )
    header = read_header(path)
    if header.metadata is not None and header.metadata.get("format") == FORMAT:
        raise InputError(f"{path} is a checkpoint of vtbr already: use it as it is")
    with safe_open(path, framework="pt") as file:
        return {name: file.get_tensor(name) for name in header.tensors}


def _unpickled(path: str | os.PathLike[str]) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of pickle protocols: what it cannot read, it refuses
            # An open file: of a path torch believes the ending, whatever is in the file.
            with torch.serialization.safe_globals(_NUMPY_DATA), Path(path).open("rb") as file:
                return torch.load(file, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        named = re.search(r"GLOBAL (\S+)", str(error))
        what = f" ({named.group(1)})" if named else ""
        raise InputError(
            f"{path} is a pickle that holds more than tensors{what} and could run code: it was not opened; "
            "where it comes from, save torch.save(model.state_dict(), FILE) and give that file"
        ) from error
    except (RuntimeError, EOFError, ValueError, KeyError) as error:
        raise InputError(f"{path} is no whole PyTorch file: copy or download it again") from error


def _named_tensors(value: Any, path: str | os.PathLike[str]) -> dict[str, Tensor]:
    while isinstance(value, Mapping):
        inner = next((value[key] for key in _WRAPPERS if isinstance(value.get(key), Mapping)), None)
        if inner is None:
            break
        value = inner
    if not isinstance(value, Mapping):
        raise InputError(f"{path} holds a {type(value).__name__}, not tensors by name: save a state dict")
    tensors = {str(name): tensor for name, tensor in value.items() if isinstance(tensor, Tensor)}
    if not tensors:
        raise InputError(f"{path} holds no tensors by name: save a state dict")
    return tensors
