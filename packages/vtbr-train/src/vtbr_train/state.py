"""The state a run resumes from: one safetensors file of this package's own, replaced whole or not at all.

Everything with `state_dict` and `load_state_dict` goes in. Tensors stand under their place in the tree, the rest of the
tree (numbers, texts, lists) as JSON in the metadata. Randomness and data order are functions of the step and need no room.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from .errors import InputError

FORMAT, VERSION = "vtbr.state", 1


class Stateful(Protocol):
    """What can be saved and restored."""

    def state_dict(self) -> dict[str, Any]:
        """Everything needed to go on."""

    def load_state_dict(self, state_dict: dict[str, Any]) -> Any:
        """Go on from `state_dict`."""


def save_state(path: Path, parts: Mapping[str, Stateful], about: Mapping[str, Any]) -> None:
    """Write the state of all `parts`, and `about` (plain values), to `path`."""
    tensors: dict[str, Tensor] = {}
    tree = {name: _detached(part.state_dict(), name, tensors) for name, part in parts.items()}
    header = {"format": FORMAT, "version": VERSION, "about": dict(about), "tree": tree}
    write_whole(path, save(tensors, metadata={"vtbr": json.dumps(header, sort_keys=True)}))


def read_about(path: Path) -> dict[str, Any]:
    """The plain values saved with a state. Raises `InputError` if the file is no such state."""
    with _opened(path) as file:
        about: dict[str, Any] = _header(path, file)["about"]
        return about


def load_state(path: Path, parts: Mapping[str, Stateful]) -> None:
    """Restore all `parts`."""
    with _opened(path) as file:
        tree = _header(path, file)["tree"]
        for name, part in parts.items():
            part.load_state_dict(_attached(tree[name], file))


def match_layout(optimizer: torch.optim.Optimizer) -> None:
    """Give restored buffers the memory layout of their parameters, which files don't keep."""
    for parameter, buffers in optimizer.state.items():
        for name, buffer in buffers.items():
            if isinstance(buffer, Tensor) and buffer.shape == parameter.shape:
                buffers[name] = torch.empty_like(parameter).copy_(buffer)


def write_whole(path: Path, data: bytes) -> None:
    """Write beside `path` and rename, so that `path` is always whole."""
    partial = path.with_name(path.name + ".partial")
    try:
        with partial.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def _opened(path: Path) -> Any:
    try:
        return safe_open(path, framework="pt")
    except SafetensorError as error:
        raise InputError(f"{path}: is no whole training state ({error}); start anew in another folder") from error


def _header(path: Path, file: Any) -> dict[str, Any]:
    header: dict[str, Any] = json.loads((file.metadata() or {}).get("vtbr", "{}"))
    if header.get("format") != FORMAT or header.get("version") != VERSION:
        raise InputError(f"{path}: is no training state of this version; start anew in another folder")
    return header


def _detached(value: Any, place: str, tensors: dict[str, Tensor]) -> Any:
    if isinstance(value, Tensor):
        tensors[place] = value.detach().cpu().contiguous()
        return {"tensor": place}
    if isinstance(value, Mapping):  # as pairs: JSON has no whole numbers as keys
        return {"items": [[key, _detached(item, f"{place}.{key}", tensors)] for key, item in value.items()]}
    if isinstance(value, list | tuple):
        return [_detached(item, f"{place}.{number}", tensors) for number, item in enumerate(value)]
    return value


def _attached(tree: Any, file: Any) -> Any:
    if isinstance(tree, list):
        return [_attached(item, file) for item in tree]
    if not isinstance(tree, dict):
        return tree
    if "tensor" in tree:
        return file.get_tensor(tree["tensor"])
    return {key: _attached(item, file) for key, item in tree["items"]}
