"""torchvision's ResNets, whose names are ours."""

from __future__ import annotations

from .persons import Layout, embedder_plan
from .source import Options, Plan, Source, Tensors

LEFT_OUT = {"fc.*": "the classifier of ImageNet"}


def _recognises(tensors: Tensors) -> bool:
    return "conv1.weight" in tensors and "classifier.weight" not in tensors


def _plan(tensors: Tensors, options: Options) -> Plan:
    return embedder_plan(tensors, options, Layout(left_out=LEFT_OUT))


SOURCE = Source(
    name="torchvision",
    made_by="torchvision.models.resnet50() and its family",
    recognises=_recognises,
    plan=_plan,
)
