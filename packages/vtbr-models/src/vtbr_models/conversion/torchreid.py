"""torchreid's networks: OSNet in all sizes, ResNet, and either with a linear layer before the classifier.

Features are the pooled map or, where there is a layer `fc` (OSNet, `resnet50_fc512`), what comes out of it:
linear, batch norm, ReLU. `resnet50mid` puts the first two blocks of its last stage through such a layer (`fc_fusion`)
and the pooled last one behind it: one linear map of all three, which leaves the last as it is.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from ..errors import InputError
from .bare import neutral_norm
from .persons import Layout, embedder_plan, fold_bias
from .source import Options, Plan, Source, Tensors

_LAYOUT = Layout(
    program="torchreid",
    left_out={
        "classifier.*": "a classifier with shifts, which embedders here do not have",
        "fc.0.bias": "taken up by the mean of the neck",
    },
)

_MID_LEVEL = replace(
    _LAYOUT,
    neck="fc_fusion.1.",
    renamed={"fc_fusion.0.weight": "reduction.weight"},
    left_out={
        **_LAYOUT.left_out,
        "fc_fusion.0.bias": "taken up by the mean of the neck",
    },
    activation="relu",
    said={"last stride": "every resnet50mid"},
)


def _recognises(tensors: Tensors) -> bool:
    is_resnet = "conv1.weight" in tensors and "classifier.weight" in tensors
    is_its_own = any(name in tensors for name in ("conv1.conv.weight", "fc.0.weight", "fc_fusion.0.weight"))
    return is_resnet or is_its_own


def _plan(tensors: Tensors, options: Options) -> Plan:
    fusion = "fc_fusion" if "fc_fusion.0.weight" in tensors else "fc"
    if f"{fusion}.3.weight" in tensors or (
        f"{fusion}.0.weight" in tensors and f"{fusion}.1.running_mean" not in tensors
    ):
        raise InputError(
            f"only one linear layer with a batch norm ({fusion}.0, {fusion}.1) has a place before the classifier"
        )
    folded = fold_bias(tensors, f"{fusion}.0", f"{fusion}.1")
    bias = {name: tensor for name, tensor in tensors.items() if name == f"{fusion}.0.bias"}
    if fusion == "fc_fusion":
        return embedder_plan({**_side_by_side(folded), **bias}, options, _MID_LEVEL, {"mid_level": True})
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
    return embedder_plan({**folded, **bias}, options, layout)


def _side_by_side(tensors: Tensors) -> dict[str, Tensor]:
    """Return resnet50mid's tensors with `fc_fusion` widened so that it passes the last block's features on.

    Its batch norm changes nothing of them, nor does the ReLU behind it, for they are means of values above 0.
    """
    linear = tensors["fc_fusion.0.weight"]
    num_last = linear.shape[1] // 2
    changed = dict(tensors)
    changed["fc_fusion.0.weight"] = torch.block_diag(linear, torch.eye(num_last))  # type: ignore[no-untyped-call]
    for name, value in neutral_norm(num_last).items():
        if value.dim() and f"fc_fusion.1.{name}" in tensors:
            changed[f"fc_fusion.1.{name}"] = torch.cat([tensors[f"fc_fusion.1.{name}"], value])
    return changed


SOURCE = Source(
    name="torchreid",
    made_by="torchreid's OSNet, resnet50, resnet50_fc512, resnet50mid",
    recognises=_recognises,
    plan=_plan,
)
