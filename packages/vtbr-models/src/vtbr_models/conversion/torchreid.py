"""torchreid's networks: OSNet in all sizes, ResNet, and either with a linear layer before the classifier.

Features are the pooled map or, where there is a layer `fc` (OSNet, `resnet50_fc512`), what comes out of it:
linear, batch norm, ReLU.
"""

from __future__ import annotations

from dataclasses import replace

from ..errors import InputError
from .persons import Layout, embedder_plan, fold_bias
from .source import Options, Plan, Source, Tensors

_LAYOUT = Layout(
    program="torchreid",
    left_out={
        "classifier.*": "a classifier with shifts, which embedders here do not have",
        "fc.0.bias": "taken up by the mean of the neck",
    },
)


def _recognises(tensors: Tensors) -> bool:
    is_resnet = "conv1.weight" in tensors and "classifier.weight" in tensors
    return is_resnet or "conv1.conv.weight" in tensors or "fc.0.weight" in tensors


def _plan(tensors: Tensors, options: Options) -> Plan:
    if "fc_fusion.0.weight" in tensors:
        raise InputError(
            "resnet50mid puts features of two stages side by side (fc_fusion), which no model here does: "
            "train resnet50 or resnet50_fc512 instead"
        )
    if "fc.3.weight" in tensors or ("fc.0.weight" in tensors and "fc.1.running_mean" not in tensors):
        raise InputError(
            "only one linear layer with a batch norm (fc.0, fc.1) has a place before the classifier"
        )
    layout = _LAYOUT
    if "fc.0.weight" in tensors:
        is_osnet = "conv1.conv.weight" in tensors
        layout = replace(
            layout,
            neck="fc.1.",
            renamed={"fc.0.weight": "reduction.weight"},
            activation="relu",
            last_stride=2 if is_osnet else 1,
            said={"last stride": "resnet50_fc512 has 1, resnet50 2"},
        )
    folded = fold_bias(tensors, "fc.0", "fc.1")
    bias = {name: tensor for name, tensor in tensors.items() if name == "fc.0.bias"}
    return embedder_plan({**folded, **bias}, options, layout)


SOURCE = Source(
    name="torchreid",
    made_by="torchreid's OSNet, resnet50, resnet50_fc512",
    recognises=_recognises,
    plan=_plan,
)
