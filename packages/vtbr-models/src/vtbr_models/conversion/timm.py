"""timm's ResNets: torchvision's names, pictures resized by bicubic interpolation.

Those with another stem (`resnet50d`) or attention have other tensors and are refused.
"""

from __future__ import annotations

from .persons import Layout, embedder_plan
from .source import Options, Plan, Source, Tensors
from .torchvision import LEFT_OUT


def _recognises(tensors: Tensors) -> bool:
    return False  # nothing in a file tells timm's from torchvision's: --from timm does


def _plan(tensors: Tensors, options: Options) -> Plan:
    return embedder_plan(tensors, options, Layout(left_out=LEFT_OUT, interpolation="bicubic"))


SOURCE = Source(name="timm", made_by="timm.create_model('resnet50')", recognises=_recognises, plan=_plan)
