"""How long the jobs of a study take, as far as that can be told before the first of them."""

from __future__ import annotations

from ..plan import Arm
from ..sizes import Size
from .transfers import Transfer

IMPORTING = 3.5
"""Seconds that a command takes which imports torch."""
PICTURE = {"trained": 1 / 430, "frozen": 1 / 1000, "extracted": 1 / 1000}
"""Seconds of one thread a picture of 64 x 32 pixels, light ResNet-10, reading it included. On a core of an Intel Xeon
with AMX; only the estimate before the first jobs depends on it."""
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
DECODERS = {"bicaptioning": 2, "captioning": 1, "masked_lm": 1, "contrastive": 1}


def pretraining_seconds(arm: Arm, size: Size) -> float:
    """Return seconds of one thread, with what its captions or attributes are measured by."""
    if not arm.objectives:
        return IMPORTING if arm.name == "imagenet" else 0.0
    decoders = sum(DECODERS.get(objective, 0) for objective in arm.objectives)
    decoders += bool(arm.options.get("objectives.wrong_captions"))
    picture = PICTURE["trained"] * _scale(arm, size) + DECODER * decoders
    measured = 3 * IMPORTING * (arm.writes_captions + ("contrastive" in arm.objectives))
    return IMPORTING + arm.steps(size) * size.batch_size * picture + measured


def finetuning_seconds(arm: Arm, transfer: Transfer, size: Size, *, decoders: int = 0) -> float:
    """Return seconds of one thread, with extraction and scores; `decoders` are those that learn beside
    identities.
    """
    extracted = 2 * transfer.test_images * PICTURE["extracted"] * _scale(arm, size)
    if not transfer.epochs:
        return 2 * IMPORTING + extracted
    picture = PICTURE["frozen" if transfer.is_frozen else "trained"] * _scale(arm, size)
    if arm.continues:
        picture = 2 * picture + DECODER * decoders
    return 2.5 * IMPORTING + transfer.epochs * transfer.images * picture + extracted


def rendering_seconds(people: int, views: int) -> float:
    """Return seconds of one thread."""
    return people * views / 75


def _scale(arm: Arm, size: Size) -> float:
    return BACKBONES.get(arm.backbone(size), 12.0) * size.height * size.width / (64 * 32)
