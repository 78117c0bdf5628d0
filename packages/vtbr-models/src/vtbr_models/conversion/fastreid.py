"""fastreid's BoT and SBS models, without their non-local blocks (`backbone.NL_*`, which stay unexpected).

Its ResNet pools the first map without padding, rounding up, and its pictures are resized by bicubic
interpolation; mean and deviation stand in the file, of pixels in [0, 255].
"""

from __future__ import annotations

from dataclasses import replace

from torch import Tensor

from .persons import Layout, embedder_plan
from .source import Options, Plan, Source, Tensors

_CLASSIFIER = "a classifier whose kind (linear, cosine, circle) the file does not say"
_LAYOUT = Layout(
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
)


def _recognises(tensors: Tensors) -> bool:
    return "backbone.conv1.weight" in tensors


def _plan(tensors: Tensors, options: Options) -> Plan:
    layout, first = _LAYOUT, tensors.get("heads.bottleneck.0.weight")
    if first is not None and first.dim() == 4:  # EMBEDDING_DIM: a convolution of 1 x 1 before the neck
        tensors = {**tensors, "heads.bottleneck.0.weight": first.flatten(1)}
        layout = replace(
            layout,
            neck="heads.bottleneck.1.",
            renamed={**layout.renamed, "heads.bottleneck.0.weight": "reduction.weight"},
        )
    plan = embedder_plan(tensors, options, layout)
    if "pixel_mean" not in tensors or "pixel_std" not in tensors:
        return plan
    mean, std = (_three(tensors[name]) for name in ("pixel_mean", "pixel_std"))
    return replace(plan, preprocessing=replace(plan.preprocessing, mean=mean, std=std))


def _three(pixel: Tensor) -> tuple[float, float, float]:
    red, green, blue = (round(value / 255, 6) for value in pixel.double().flatten().tolist())
    return red, green, blue


SOURCE = Source(name="fastreid", made_by="fastreid", recognises=_recognises, plan=_plan)
