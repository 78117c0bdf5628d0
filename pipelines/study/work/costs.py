"""How long the jobs of a study take, as far as that can be told before the first of them."""

from __future__ import annotations

from ..plan import Arm
from ..sizes import Size
from .transfers import Transfer

IMPORTING = 5.0
"""Seconds that a command takes which imports torch."""
PICTURE = {"trained": 1 / 155, "frozen": 1 / 650, "extracted": 1 / 650}
"""Seconds of one thread a picture of 64 x 32 pixels, MobileNetV2, reading it included. Processor time on a core of
an Intel Xeon with AMX; only the estimate before the first jobs depends on it."""
DECODER = 1 / 600
"""Of each decoder, or of the dual encoder's captions."""
BACKBONES = {"mobilenet_v2": 1.0, "resnet10": 1.4, "resnet18": 2.8, "resnet34": 5.5, "resnet50": 6.5}
DECODERS = {"bicaptioning": 2, "captioning": 1, "masked_lm": 1, "contrastive": 1}


def pretraining_seconds(arm: Arm, size: Size) -> float:
    """Return seconds of one thread, with what its captions or attributes are measured by."""
    if not arm.objectives:
        return IMPORTING if arm.name == "imagenet" else 0.0
    decoders = sum(DECODERS.get(objective, 0) for objective in arm.objectives)
    decoders += bool(arm.options.get("objectives.wrong_captions"))
    picture = PICTURE["trained"] * _scale(size) + DECODER * decoders
    measured = 3 * IMPORTING * (arm.writes_captions + ("contrastive" in arm.objectives))
    return IMPORTING + size.steps * size.batch_size * picture + measured


def finetuning_seconds(arm: Arm, transfer: Transfer, size: Size, *, decoders: int = 0) -> float:
    """Return seconds of one thread, with extraction and scores; `decoders` are those that learn beside
    identities.
    """
    extracted = 2 * transfer.test_images * PICTURE["extracted"] * _scale(size)
    if not transfer.epochs:
        return 2 * IMPORTING + extracted
    picture = PICTURE["frozen" if transfer.is_frozen else "trained"] * _scale(size)
    if arm.continues:
        picture = 2 * picture + DECODER * decoders
    return 2.5 * IMPORTING + transfer.epochs * transfer.images * picture + extracted


def rendering_seconds(people: int, views: int) -> float:
    """Return seconds of one thread."""
    return people * views / 75


def _scale(size: Size) -> float:
    return BACKBONES.get(size.backbone, 5.0) * size.height * size.width / (64 * 32)
