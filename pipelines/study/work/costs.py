"""How long the jobs of a study take, as far as that can be told before the first of them."""

from __future__ import annotations

from ..pace import BACKBONES, PICTURE, trained_seconds
from ..plan import Arm
from ..sizes import Size
from .transfers import Transfer

IMPORTING = 3.5
"""Seconds that a command takes which imports torch."""


def pretraining_seconds(arm: Arm, size: Size) -> float:
    """Return seconds of one thread, with what its captions or attributes are measured by."""
    if not arm.objectives:
        return IMPORTING if arm.name == "imagenet" else 0.0
    picture = trained_seconds(arm.backbone(size), arm.objectives, arm.options, area=size.area)
    measured = 3 * IMPORTING * (arm.writes_captions + ("contrastive" in arm.objectives))
    return IMPORTING + arm.steps(size) * size.batch_size * picture + measured


def finetuning_seconds(arm: Arm, transfer: Transfer, size: Size, joint: Arm | None) -> float:
    """Return seconds of one thread, with extraction and scores; `joint` is what is learnt beside identities."""
    extracted = 2 * transfer.test_images * PICTURE["extracted"] * _scale(arm, size)
    if not transfer.epochs:
        return 2 * IMPORTING + extracted
    picture = PICTURE["frozen" if transfer.is_frozen else "trained"] * _scale(arm, size)
    if joint:
        picture += trained_seconds(arm.backbone(size), joint.objectives, joint.options, area=size.area)
    return 2.5 * IMPORTING + transfer.epochs * transfer.images * picture + extracted


def rendering_seconds(people: int, views: int) -> float:
    """Return seconds of one thread."""
    return people * views / 75


def _scale(arm: Arm, size: Size) -> float:
    return BACKBONES.get(arm.backbone(size), 12.0) * size.area
