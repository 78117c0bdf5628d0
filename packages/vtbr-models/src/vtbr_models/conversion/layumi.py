"""layumi's Person_reID_baseline_pytorch: `ft_net`, a ResNet-50 with a linear layer and a batch norm behind it.

At test its features are what comes out of `classifier.add_block`: linear and batch norm; dropout does nothing then.
"""

from __future__ import annotations

from ..errors import InputError
from .persons import Layout, embedder_plan, fold_bias
from .source import Options, Plan, Source, Tensors

_BLOCK = "classifier.add_block"


def _recognises(tensors: Tensors) -> bool:
    return "model.conv1.weight" in tensors


def _plan(tensors: Tensors, options: Options) -> Plan:
    first, second = tensors.get(f"{_BLOCK}.0.weight"), f"{_BLOCK}.1.running_mean" in tensors
    if first is None or (first.dim() == 2 and not second):
        raise InputError(
            f"{_BLOCK} must be a linear layer and a batch norm, or a batch norm alone: this file has no such layers"
        )
    is_linear = first.dim() == 2
    layout = Layout(
        program="layumi's baseline",
        backbone="model.",
        neck=f"{_BLOCK}.1." if is_linear else f"{_BLOCK}.0.",
        renamed={f"{_BLOCK}.0.weight": "reduction.weight"} if is_linear else {},
        left_out={
            "classifier.classifier.*": "a classifier with shifts, which embedders here do not have",
            "model.fc.*": "the classifier of ImageNet",
            f"{_BLOCK}.0.bias": "taken up by the mean of the neck",
        }
        if is_linear
        else {
            "classifier.classifier.*": "a classifier with shifts, which embedders here do not have",
            "model.fc.*": "the classifier of ImageNet",
        },
        interpolation="bicubic",
    )
    if not is_linear:
        return embedder_plan(tensors, options, layout)
    folded = fold_bias(tensors, f"{_BLOCK}.0", f"{_BLOCK}.1")
    bias = {name: tensor for name, tensor in tensors.items() if name == f"{_BLOCK}.0.bias"}
    return embedder_plan({**folded, **bias}, options, layout)


SOURCE = Source(name="layumi", made_by="layumi's ft_net", recognises=_recognises, plan=_plan)
