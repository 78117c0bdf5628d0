"""From a foreign Re-ID or ImageNet model to the plan of an embedder: one backbone, perhaps a neck."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..inference.preprocessing import Preprocessing
from .account import matches
from .bare import fitting_backbone, neutral_neck, without_prefix
from .source import Options, Piece, Plan, Tensors, size


@dataclass(frozen=True, kw_only=True, slots=True)
class Layout:
    """Where a program keeps the parts of an embedder, and what its networks do differently."""

    backbone: str = ""
    """Prefix of the backbone's names; without one, all that is nothing else is backbone."""
    neck: str | None = None
    """Prefix of the batch norm before the classifier; None where there is none."""
    renamed: Mapping[str, str] = field(default_factory=dict)
    """Single names, to ours."""
    left_out: Mapping[str, str]
    """Patterns of names that have no place here, and why."""
    last_stride: int = 2
    stem: str = "torchvision"
    height: int = 256
    width: int = 128
    interpolation: str = "bilinear"


def embedder_plan(tensors: Tensors, options: Options, layout: Layout) -> Plan:
    """The plan of a file in this layout; raises InputError where no backbone fits it."""
    left_out = {
        name: why for name in tensors for pattern, why in layout.left_out.items() if matches(name, [pattern])
    }
    pieces = {
        _ours(name, layout): Piece(name, tensor) for name, tensor in tensors.items() if name not in left_out
    }
    name = fitting_backbone(without_prefix({ours: tensor for ours, (_, tensor) in pieces.items()}, "visual."))
    visual: dict[str, Any] = {"name": name, "last_stride": options.last_stride or layout.last_stride}
    if layout.stem != "torchvision":
        visual["stem"] = layout.stem
    classes, reduction = pieces.get("classifier.weight"), pieces.get("reduction.weight")
    height, width = size(options, layout.height, layout.width)
    has_neck = any(ours.startswith("neck.") for ours in pieces)
    return Plan(
        architecture={
            "model": "embedder",
            "visual": visual,
            "num_classes": None if classes is None else classes.tensor.shape[0],
            "pooling": "gem" if "pooling.p" in pieces else None,
            "reduction": None if reduction is None else reduction.tensor.shape[0],
        },
        preprocessing=Preprocessing(height=height, width=width, interpolation=layout.interpolation),
        pieces=pieces,
        left_out=left_out,
        initialised={} if has_neck else neutral_neck(name),
    )


def _ours(name: str, layout: Layout) -> str:
    if layout.neck is not None and name.startswith(layout.neck):
        return f"neck.{name.removeprefix(layout.neck)}"
    if name in layout.renamed:
        return layout.renamed[name]
    if name.startswith(layout.backbone):
        return f"visual.{name.removeprefix(layout.backbone)}"
    return name
