"""How much of everything a study does."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, kw_only=True, slots=True)
class Size:
    """How much of everything; all arms share it."""

    backbone: str = "resnet10"
    height: int = 64
    width: int = 32
    seeds: int = 3
    people: int = 1200
    """Captioned people to pretrain on, each in `views` pictures."""
    views: int = 4
    held_out: int = 60
    """Other captioned people, 4 pictures each: what the captions get right."""
    target_people: int = 200
    """Of the surveillance domain; one half is for testing."""
    target_views: int = 12
    few: int = 25
    """Identities to fine-tune on in the transfer `few`; `many` takes all of the training half."""
    steps: int = 1000
    batch_size: int = 16
    last_stride: int = 1
    """In pretraining, as in fine-tuning: with 2, captions of 64 x 32 pixels are read from 2 x 1 cells."""
    detail: float = 0.25
    """Chance of hair, weather, viewpoint, ... each to be said; garments, colours, gender, age always are."""
    textual: str = "L1_H192_A4_F768"
    few_epochs: int = 16
    many_epochs: int = 6
    frozen_epochs: int = 4
    viper_epochs: int = 10
    viper_splits: int = 10
    photographs_seen: int = 20_000
    """Images that fine-tuning on photographs takes, in 3 to 60 epochs of the set."""
    workers: int = 1
    """Processes that render."""


FULL = Size()
QUICK = replace(FULL, seeds=2, steps=500, few_epochs=8, frozen_epochs=3, viper_splits=0)
