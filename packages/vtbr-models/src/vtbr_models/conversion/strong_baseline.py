"""reid-strong-baseline ("Bag of Tricks", Luo et al., CVPRW 2019), the same authors' code.

Its ResNet has no ReLU between the first batch norm and the pooling (`modeling/backbones/resnet.py` there),
and its weights are trained so; its last stride is 1.
"""

from __future__ import annotations

from .persons import Layout, embedder_plan
from .source import Options, Plan, Source, Tensors

_LAYOUT = Layout(
    program="reid-strong-baseline",
    backbone="base.",
    neck="bottleneck.",
    renamed={"classifier.weight": "classifier.weight"},
    left_out={
        "base.fc.*": "the classifier of ImageNet",
        "classifier.bias": "the shifts of a classifier without neck",
    },
    last_stride=1,
    stem="without-relu",
)


def _recognises(tensors: Tensors) -> bool:
    return "base.conv1.weight" in tensors


def _plan(tensors: Tensors, options: Options) -> Plan:
    return embedder_plan(tensors, options, _LAYOUT)


SOURCE = Source(name="strong-baseline", made_by="reid-strong-baseline", recognises=_recognises, plan=_plan)
