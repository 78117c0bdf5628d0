"""torchvision's networks, whose names are ours: ResNet and its kin, MobileNetV2, ConvNeXt, Swin, ViT."""

from __future__ import annotations

from .persons import Layout, embedder_plan
from .source import Options, Plan, Source, Tensors

_IMAGENET = "the classifier of ImageNet"
LEFT_OUT = {"fc.*": _IMAGENET}
_LEFT_OUT = {**LEFT_OUT, "classifier.*": _IMAGENET, "heads.*": _IMAGENET, "head.*": _IMAGENET}
_FIRST = ("conv1.weight", "conv_proj.weight", "features.0.0.weight")


def _recognises(tensors: Tensors) -> bool:
    return any(name in tensors for name in _FIRST)


def _plan(tensors: Tensors, options: Options) -> Plan:
    return embedder_plan(tensors, options, Layout(program="torchvision", left_out=_LEFT_OUT))


SOURCE = Source(
    name="torchvision",
    made_by="torchvision.models.resnet50() and others",
    recognises=_recognises,
    plan=_plan,
)
