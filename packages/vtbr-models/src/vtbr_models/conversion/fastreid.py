"""fastreid's BoT, SBS and AGW models of the ResNet family, also with IBN, squeeze-and-excitation, non-local blocks.

Its ResNet pools the first map without padding, rounding up, and its pictures are resized by bicubic interpolation;
mean and deviation are in the file, of pixels in [0, 255]. Pooling without weights, the last stride and the input
size are only in the configuration (`--config`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from torch import Tensor

from ..errors import InputError
from .fastreid_config import read_config
from .persons import Layout, embedder_plan
from .source import Options, Plan, Source, Tensors

_CLASSIFIER = "a classifier whose kind (linear, cosine, circle) the file does not say"
_LAYOUT = Layout(
    program="fastreid",
    backbone="backbone.",
    neck="heads.bottleneck.0.",
    renamed={"heads.pool_layer.p": "pooling.p"},
    left_out={
        "pixel_mean": "kept as the preprocessing",
        "pixel_std": "kept as the preprocessing",
        "heads.weight": _CLASSIFIER,
        "heads.classifier.*": _CLASSIFIER,
    },
    last_stride=1,
    stem="pool-ceil",
    interpolation="bicubic",
    said={"stem": "every ResNet of fastreid", "interpolation": "every test of fastreid"},
)
_OLD_NECK = "heads.bnneck."


def _recognises(tensors: Tensors) -> bool:
    return "backbone.conv1.weight" in tensors


def _plan(tensors: Tensors, options: Options) -> Plan:
    if any(name.startswith(("b1.", "b2.", "b1_head.")) for name in tensors):
        raise InputError(
            "MGN has three copies of the last stage (b1, b2, b3) and eight features of them, pooled whole, in halves "
            "and in thirds, each with its own reduction and neck; a model here has one of each: give a BoT, SBS or "
            "AGW model"
        )
    layout, first = _LAYOUT, tensors.get("heads.bottleneck.0.weight")
    if any(name.startswith(_OLD_NECK) for name in tensors):  # versions before 1.0
        layout = replace(layout, neck=_OLD_NECK)
    elif first is not None and first.dim() == 4:  # EMBEDDING_DIM: a convolution of 1 x 1 before the neck
        tensors = {**tensors, "heads.bottleneck.0.weight": first.flatten(1)}
        layout = replace(
            layout,
            neck="heads.bottleneck.1.",
            renamed={**layout.renamed, "heads.bottleneck.0.weight": "reduction.weight"},
        )
    if options.config is not None:
        layout = replace(layout, **read_config(options.config, layout.said))
    if "pixel_mean" in tensors and "pixel_std" in tensors:
        mean, std = (_three(tensors[name]) for name in ("pixel_mean", "pixel_std"))
        layout = replace(
            layout,
            mean=mean,
            std=std,
            said={**layout.said, "mean": "in the file", "deviation": "in the file"},
        )
    return embedder_plan(tensors, options, layout, _variant(tensors))


def _variant(tensors: Tensors) -> dict[str, Any]:
    """Return blocks beyond a plain ResNet's that the file has weights for."""
    variant: dict[str, Any] = {}
    if any(".se.fc." in name for name in tensors):
        variant["squeeze"] = True
    counts = [_count(tensors, f"backbone.NL_{stage}.") for stage in range(1, 5)]
    if any(counts):
        variant["non_local"] = counts
    return variant


def _count(tensors: Tensors, prefix: str) -> int:
    return len({name.removeprefix(prefix).partition(".")[0] for name in tensors if name.startswith(prefix)})


def _three(pixel: Tensor) -> tuple[float, float, float]:
    red, green, blue = (round(value / 255, 6) for value in pixel.double().flatten().tolist())
    return red, green, blue


SOURCE = Source(name="fastreid", made_by="fastreid", recognises=_recognises, plan=_plan)
