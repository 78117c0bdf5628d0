"""The IBN-Net authors' ResNets (Pan et al., ECCV 2018), `resnet50_ibn_a` and its family."""

from __future__ import annotations

from .persons import Layout, embedder_plan
from .source import Options, Plan, Source, Tensors
from .torchvision import LEFT_OUT


def _recognises(tensors: Tensors) -> bool:
    has_instance_norm = any(".IN." in name for name in tensors)
    return has_instance_norm and "conv1.weight" in tensors and "classifier.weight" not in tensors


def _plan(tensors: Tensors, options: Options) -> Plan:
    return embedder_plan(tensors, options, Layout(program="IBN-Net", left_out=LEFT_OUT))


SOURCE = Source(name="ibn", made_by="IBN-Net's resnet50_ibn_a", recognises=_recognises, plan=_plan)
