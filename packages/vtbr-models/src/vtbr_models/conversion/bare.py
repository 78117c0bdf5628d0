"""Backbones of the ResNet family recognised by their tensors, and the neck that such files lack.

Legend: C width of the backbone.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import torch
from torch import Tensor

from ..backbones import BACKBONES, build_backbone
from ..errors import InputError
from .source import Tensors

COUNTER = ".num_batches_tracked"
"""Of batch norms: files of the years before 2019 have none, and nothing is computed from it."""

_EPSILON = 1e-5  # batch norm's own: with this variance it multiplies by 1


def fitting_backbone(tensors: Tensors) -> str:
    """Return the name of the backbone that most of these tensors (by torchvision's names) fit, in name and
    shape.

    Raises InputError where less than half of them fit any.
    """
    found = {(name, tuple(tensor.shape)) for name, tensor in tensors.items() if not name.endswith(COUNTER)}
    scores: dict[str, float] = {}
    for name in BACKBONES:
        shapes = _shapes(name)
        scores[name] = len(shapes & found) / len(shapes | found)
        if scores[name] == 1:
            break
    best = max(scores, key=lambda name: scores[name])
    if scores[best] < 0.5:
        raise InputError(
            f"no backbone here has tensors like these (nearest: {best}, {100 * scores[best]:.0f} % alike): "
            "`vtbr-models list` names those that have a place"
        )
    return best


def neutral_neck(visual: Mapping[str, Any], width: int | None = None) -> dict[str, tuple[Tensor, str]]:
    """Return a neck that changes nothing, for files that have none: of `width`, or as wide as the backbone `visual`."""
    if width is None:
        with torch.device("meta"):
            width = build_backbone(**visual).width
    why = "a neck that changes nothing"
    return {f"neck.{name}": (value, why) for name, value in neutral_norm(width).items()}


def neutral_norm(width: int) -> dict[str, Tensor]:
    """Return the tensors of a batch norm of `width` channels that changes nothing."""
    return {
        "weight": torch.ones(width),
        "bias": torch.zeros(width),
        "running_mean": torch.zeros(width),
        "running_var": torch.full((width,), 1 - _EPSILON),
        "num_batches_tracked": torch.tensor(0),
    }


def without_prefix(tensors: Tensors, prefix: str) -> dict[str, Tensor]:
    """Return those under the prefix, without it."""
    return {name.removeprefix(prefix): t for name, t in tensors.items() if name.startswith(prefix)}


@cache
def _shapes(name: str) -> frozenset[tuple[str, tuple[int, ...]]]:
    with torch.device("meta"):
        state: Mapping[str, Tensor] = build_backbone(name).state_dict()
    return frozenset((key, tuple(tensor.shape)) for key, tensor in state.items() if not key.endswith(COUNTER))
