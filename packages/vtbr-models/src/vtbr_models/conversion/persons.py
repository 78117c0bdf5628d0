"""From a foreign Re-ID or ImageNet model to the plan of an embedder: one backbone, perhaps a neck."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from ..inference import IMAGENET_MEAN, IMAGENET_STD, Preprocessing
from .account import matches
from .bare import fitting_backbone, neutral_neck, without_prefix
from .source import Options, Piece, Plan, Tensors, size

_GEM_EXPONENT = 3.0  # where it is not learnt (Radenović et al.)


@dataclass(frozen=True, kw_only=True, slots=True)
class Layout:
    """Where a program keeps the parts of an embedder, and what its networks do differently."""

    program: str
    """For people: whose habits these are."""
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
    pooling: str = "average"
    feature: str = "neck"
    activation: str | None = None
    height: int = 256
    width: int = 128
    mean: tuple[float, float, float] = IMAGENET_MEAN
    std: tuple[float, float, float] = IMAGENET_STD
    interpolation: str = "bilinear"
    said: Mapping[str, str] = field(default_factory=dict)
    """What is known, not assumed: by name of the assumption, where from."""


def embedder_plan(
    tensors: Tensors, options: Options, layout: Layout, variant: Mapping[str, Any] | None = None
) -> Plan:
    """Return the plan of a file in this layout; raises InputError where no backbone fits it.

    `variant` is what else `architecture.visual` must say.
    """
    left_out = {
        name: why for name in tensors for pattern, why in layout.left_out.items() if matches(name, [pattern])
    }
    pieces = {
        _ours(name, layout): Piece(name, tensor) for name, tensor in tensors.items() if name not in left_out
    }
    name = fitting_backbone(without_prefix({ours: tensor for ours, (_, tensor) in pieces.items()}, "visual."))
    visual: dict[str, Any] = {
        "name": name,
        "last_stride": options.last_stride or layout.last_stride,
        **(variant or {}),
    }
    if layout.stem != "torchvision" and name.startswith("res"):
        visual["stem"] = layout.stem
    classes, reduction = pieces.get("classifier.weight"), pieces.get("reduction.weight")
    pooling = "gem" if "pooling.p" in pieces else options.pooling or layout.pooling
    height, width = size(options, layout.height, layout.width)
    initialised = (
        {}
        if any(ours.startswith("neck.") for ours in pieces)
        else neutral_neck(visual, None if reduction is None else reduction.tensor.shape[0])
    )
    if pooling == "gem" and "pooling.p" not in pieces:
        initialised["pooling.p"] = torch.tensor([_GEM_EXPONENT]), "3, for the exponent was not learnt"
    return Plan(
        architecture={
            "model": "embedder",
            "visual": visual,
            "num_classes": None if classes is None else classes.tensor.shape[0],
            "pooling": pooling,
            "reduction": None if reduction is None else reduction.tensor.shape[0],
            "feature": options.feature or layout.feature,
            "activation": layout.activation,
        },
        preprocessing=Preprocessing(
            height=height,
            width=width,
            mean=options.mean or layout.mean,
            std=options.std or layout.std,
            interpolation=layout.interpolation,
        ),
        pieces=pieces,
        left_out=left_out,
        initialised=initialised,
        assumed=_assumed(options, layout, name, pooling_is_known="pooling.p" in pieces),
    )


def fold_bias(tensors: Tensors, linear: str, norm: str) -> dict[str, Tensor]:
    """Return the tensors without the bias of a linear map whose batch norm takes it up: its mean is lower by
    it.
    """
    changed = dict(tensors)
    bias = changed.pop(f"{linear}.bias", None)
    mean = f"{norm}.running_mean"
    if bias is not None and mean in changed:
        changed[mean] = changed[mean] - bias
    return changed


def _assumed(options: Options, layout: Layout, backbone: str, *, pooling_is_known: bool) -> dict[str, str]:
    """Return what is taken for granted, with the option that says otherwise; what was asked for is not here."""
    taken = {
        "last stride": (options.last_stride, str(layout.last_stride), "--last-stride"),
        "pooling": (options.pooling, layout.pooling, "--pooling"),
        "feature": (options.feature, _FEATURES[layout.feature], "--feature"),
        "input height": (options.height, f"{layout.height} pixels", "--height"),
        "input width": (options.width, f"{layout.width} pixels", "--width"),
        "mean": (options.mean, _numbers(layout.mean), "--mean"),
        "deviation": (options.std, _numbers(layout.std), "--std"),
        "interpolation": (None, layout.interpolation, None),
        "stem": (None, layout.stem, None),
    }
    if not backbone.startswith("res"):
        del taken["stem"]
    if backbone.startswith(("vit", "swin", "osnet")):
        del taken["last stride"]
    if pooling_is_known:
        del taken["pooling"]
    lines = {}
    for what, (asked, value, option) in taken.items():
        if asked is None:
            source = layout.said.get(what) or f"the habit of {layout.program}"
            lines[what] = f"{value} ({source}" + (f"; {option} says otherwise)" if option else ")")
    return lines


_FEATURES = {"neck": "after the neck", "before": "before the neck"}


def _numbers(values: tuple[float, float, float]) -> str:
    return ", ".join(f"{value:g}" for value in values)


def _ours(name: str, layout: Layout) -> str:
    if layout.neck is not None and name.startswith(layout.neck):
        return f"neck.{name.removeprefix(layout.neck)}"
    if name in layout.renamed:
        return layout.renamed[name]
    if name.startswith(layout.backbone):
        return f"visual.{name.removeprefix(layout.backbone)}"
    return name
