"""How long the jobs of a study take, as far as that can be told before the first of them."""

from __future__ import annotations

from .plan import Arm
from .sizes import Size
from .transfers import Transfer

IMPORTING = 5.0
"""Seconds that a command takes which imports torch."""
PRETRAINING = {"pictures": 1 / 200, "decoder": 1 / 450, "contrastive": 1 / 950}
FINETUNING = {"trained": 1 / 300, "frozen": 1 / 1200, "extracted": 1 / 500}
"""Seconds of one thread a picture of 64 x 32 pixels, ResNet-10: measured on both cores of an EPYC with
AVX-512, each with a run of its own. Cores with AVX2 alone take 2.2 times as long. Only the estimate before
the first jobs depends on it."""
BACKBONES = {"resnet10": 1.0, "resnet18": 2.0, "resnet34": 4.0, "resnet50": 4.5}


def pretraining_seconds(arm: Arm, size: Size) -> float:
    """Of one thread, with what its captions or attributes are measured by."""
    if not arm.objectives:
        return IMPORTING if arm.name == "imagenet" else 0.0
    directions = {"bicaptioning": 2, "captioning": 1, "masked_lm": 1}
    decoders = sum(directions.get(objective, 0) for objective in arm.objectives)
    picture = PRETRAINING["pictures"] * _scale(size) + PRETRAINING["decoder"] * decoders / 2
    picture += PRETRAINING["contrastive"] * ("contrastive" in arm.objectives)
    measured = 2 * IMPORTING if arm.writes_captions or arm.name == "attribute" else 0.0
    return IMPORTING + arm.longer * size.steps * size.batch_size * picture + measured


def finetuning_seconds(transfer: Transfer, size: Size) -> float:
    """Of one thread, with extraction and scores."""
    kind = "frozen" if transfer.is_frozen else "trained"
    if not transfer.epochs:
        return 2 * IMPORTING + 2 * transfer.test_images * FINETUNING["extracted"] * _scale(size)
    work = transfer.epochs * transfer.images * FINETUNING[kind]
    work += 2 * transfer.test_images * FINETUNING["extracted"]
    return 2.5 * IMPORTING + work * _scale(size)


def rendering_seconds(size: Size) -> float:
    """Of one thread, for all pictures."""
    return (size.people * size.views + size.held_out * 4 + size.target_people * size.target_views) / 80


def _scale(size: Size) -> float:
    return BACKBONES.get(size.backbone, 4.0) * size.height * size.width / (64 * 32)
