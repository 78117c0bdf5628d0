"""The state a run resumes from: one safetensors file of this package's own, replaced whole or not at all.

Everything with `state_dict` and `load_state_dict` goes in. Tensors are stored under their place in the tree, the
rest of the tree (numbers, texts, lists) as JSON in the metadata. Randomness and data order are functions of
the step and need no room.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from safetensors import safe_open
from torch import Tensor

from vtbr_models.checkpoint import check_format, read_header, write_tensors
from vtbr_models.errors import InputError as ModelsInputError

from ..errors import InputError

if TYPE_CHECKING:
    from ..task import Stateful

FORMAT, VERSION = "vtbr.state", 1


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What parts were at one moment: copies, so that training continues while they are written."""

    tree: dict[str, Any]
    tensors: dict[str, Tensor]


def snapshot(parts: Mapping[str, Stateful]) -> Snapshot:
    """Copy the state of all `parts` to the CPU."""
    tensors: dict[str, Tensor] = {}
    tree = {name: _detached(part.state_dict(), name, tensors) for name, part in parts.items()}
    return Snapshot(tree, copied(tensors))


def copied(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Copies on the CPU."""
    return {name: tensor.detach().to("cpu", copy=True) for name, tensor in tensors.items()}


def save_state(path: Path, state: Snapshot, about: Mapping[str, Any]) -> None:
    """Write a snapshot, and `about` (plain values), to `path`."""
    header = {"format": FORMAT, "version": VERSION, "about": dict(about), "tree": state.tree}
    write_tensors(path, state.tensors, header)


def read_about(path: Path) -> dict[str, Any]:
    """Return the plain values saved with a state. Raises `InputError` if the file is no such state."""
    about: dict[str, Any] = _metadata(path)["about"]
    return about


def load_state(path: Path, parts: Mapping[str, Stateful]) -> None:
    """Restore all `parts`."""
    tree = _metadata(path)["tree"]
    with safe_open(path, framework="pt") as file:
        for name, part in parts.items():
            if name in tree:  # "means" is not in states of older versions
                part.load_state_dict(_attached(tree[name], file))


def _metadata(path: Path) -> Mapping[str, Any]:
    try:
        return check_format(read_header(path), path, FORMAT, VERSION)
    except ModelsInputError as error:
        raise InputError(f"{error}; or start anew in another folder") from error


def _detached(value: Any, place: str, tensors: dict[str, Tensor]) -> Any:
    if isinstance(value, Tensor):
        tensors[place] = value
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
