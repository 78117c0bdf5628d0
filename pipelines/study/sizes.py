"""How much of everything a study does."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, kw_only=True, slots=True)
class Size:
    """How much of everything; all arms share it."""

    backbone: str = "resnet10_light_ibn_a"
    """Of all arms but those on `imagenet_backbone`: in minutes it learns what MobileNetV2 does not begin to."""
    imagenet_backbone: str = "mobilenet_v2"
    """What ImageNet's weights are of."""
    height: int = 64
    width: int = 32
    seeds: int = 3
    people: int = 8000
    """Captioned people to pretrain on, each in `views` pictures; arms with fewer images have fewer of them."""
    views: int = 8
    held_out: int = 150
    """Other captioned people, 4 pictures each: what captions get right, text search, attributes."""
    target_people: int = 200
    """Of the surveillance domain; one half is for testing."""
    target_views: int = 12
    few: int = 25
    """Identities to fine-tune on in the transfer `few`; `frozen` takes all of the training half."""
    steps: int = 600
    """Of bicaptioning; other arms take as many as the same time allows (`Arm.steps`). 38,400 images: 0.6 passes
    over 64,000 images, 2.4 over 16,000, 9.6 over 4,000."""
    batch_size: int = 64
    last_stride: int = 1
    """In pretraining, as in fine-tuning: with 2, captions of 64 x 32 pixels are read from 2 x 1 cells."""
    detail: float = 0.25
    """Chance of hair, weather, viewpoint, ... each to be said; garments, colours, gender, age always are."""
    textual: str = "L1_H128_A4_F512"
    max_tokens: int = 48
    few_epochs: int = 16
    frozen_epochs: int = 4
    viper_epochs: int = 10
    viper_splits: int = 10
    photographs_seen: int = 20_000
    """Images that fine-tuning on photographs takes, in 3 to 60 epochs of the set."""
    workers: int = 1
    """Processes that render."""
    first_seed: int = 1
    """Of the rendered people: another one draws people that the study does not show."""

    @property
    def area(self) -> float:
        """Pixels of a picture, in those of 64 x 32."""
        return self.height * self.width / (64 * 32)


FULL = Size()
QUICK = replace(
    FULL, seeds=2, people=800, steps=250, held_out=60, target_people=120, few_epochs=6, viper_splits=2,
    viper_epochs=6,
)  # fmt: skip
"""Two seeds, for with one nothing is decided."""
ABLATIONS = replace(
    FULL, seeds=2, people=1000, held_out=100, target_people=120, viper_splits=0, first_seed=101
)
"""Of the options one by one, on people of their own."""
