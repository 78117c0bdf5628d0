"""How long a picture takes to learn from, so that all arms can be given the same time."""

from __future__ import annotations

from collections.abc import Mapping

PICTURE = {"trained": 1 / 430, "frozen": 1 / 1000, "extracted": 1 / 1000}
"""Seconds of one thread a picture of 64 x 32 pixels, light ResNet-10, reading it included. On a core of an Intel Xeon
with AMX. Steps depend on these, so that all machines train alike."""
DECODER = 1 / 1400
"""Of each decoder, or of the dual encoder's captions."""
BACKBONES = {
    "resnet10_light_ibn_a": 1.0,
    "mobilenet_v2": 2.3,
    "resnet10": 3.2,
    "resnet18": 6.5,
    "resnet34": 13.0,
    "resnet50": 15.0,
}
"""Times of the light ResNet-10."""
DECODERS = {"bicaptioning": 2, "captioning": 1, "masked_lm": 1, "contrastive": 1}


def trained_seconds(
    backbone: str, objectives: Mapping[str, float], options: Mapping[str, object], *, area: float = 1.0
) -> float:
    """Return the seconds of one thread that a picture takes in pretraining; `area` is in those of 64 x 32."""
    decoders = sum(DECODERS.get(name, 0) for name in objectives)
    decoders += bool(options.get("objectives.wrong_captions"))
    return PICTURE["trained"] * BACKBONES.get(backbone, 12.0) * area + DECODER * decoders
