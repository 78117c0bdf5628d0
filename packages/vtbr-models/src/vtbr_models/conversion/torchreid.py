"""torchreid's ResNets: torchvision's names, no neck; features are the pooled map.

Those with another layer before the classifier (`resnet50_fc512`: `fc.0.*`) would lose it, so its tensors
stay unexpected.
"""

from __future__ import annotations

from .persons import Layout, embedder_plan
from .source import Options, Plan, Source, Tensors


def _recognises(tensors: Tensors) -> bool:
    return "conv1.weight" in tensors and "classifier.weight" in tensors


def _plan(tensors: Tensors, options: Options) -> Plan:
    left_out = {"classifier.*": "a classifier with shifts, which embedders here do not have"}
    return embedder_plan(tensors, options, Layout(left_out=left_out))


SOURCE = Source(name="torchreid", made_by="torchreid's resnet50", recognises=_recognises, plan=_plan)
