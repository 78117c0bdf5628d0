"""The arms of the study: ways to start the backbone, and what each is fine-tuned and tested on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .pace import trained_seconds
from .sizes import Size

READS_CAPTIONS = ("bicaptioning", "captioning", "masked_lm", "token_classification", "contrastive")
"""Objectives that read captions."""
MODES = ("", "-frozen", "-zero-shot")
"""Fine-tuned, with a frozen backbone, and the pretrained features as they are."""
TRANSFERS = (
    "few",
    *("frozen", "zero-shot"),
    *(f"viper{mode}" for mode in MODES),
    *(f"photographs{mode}" for mode in MODES),
)
"""All kinds of transfer: the rendered target with few identities, frozen or zero-shot; VIPeR; `photographs`
means every set of the user's own."""
REAL_TUNED = ("viper", "photographs")
TUNED = ("few", *REAL_TUNED)


@dataclass(frozen=True, kw_only=True, slots=True)
class Arm:
    """A way to start the backbone, and what is asked of it afterwards."""

    name: str
    about: str
    objectives: Mapping[str, float] = field(default_factory=dict)
    """Weights by name; none: from scratch, or from ImageNet's weights."""
    is_on_imagenets: bool = False
    """Whether its backbone is the one that ImageNet's weights are of."""
    options: Mapping[str, object] = field(default_factory=dict)
    """Further settings of `vtbr-train pretrain`."""
    captions: str = "orders"
    """As `vtbr-data caption --style` makes them."""
    per_image: int = 2
    """Captions of each image, one of which is drawn anew each time."""
    detail: float | None = None
    """Chance of what captions may leave out; None: as the size says."""
    share: float = 1.0
    """Of the people for pretraining."""
    base: str = ""
    """The arm with all people that this one is a part of."""
    continues: str = ""
    """The arm whose weights and captions this one fine-tunes with: joint fine-tuning."""
    transfers: tuple[str, ...] = TRANSFERS
    in_quick: bool = True

    @property
    def reads_captions(self) -> bool:
        """Whether captions take part in pretraining."""
        reads = any(objective in READS_CAPTIONS for objective in self.objectives)
        return reads or self.options.get("objectives.attributes_from") == "captions"

    @property
    def writes_captions(self) -> bool:
        """Whether it can caption a picture afterwards."""
        return "bicaptioning" in self.objectives or "captioning" in self.objectives

    @property
    def is_pretrained(self) -> bool:
        """Whether it starts from weights of any kind."""
        return bool(self.objectives) or self.name == "imagenet"

    def backbone(self, size: Size) -> str:
        """Return the name of its backbone."""
        return size.imagenet_backbone if self.is_on_imagenets else size.backbone

    def steps(self, size: Size) -> int:
        """Return how many steps it is pretrained for: as many as take the time of the size's of bicaptioning."""
        published = trained_seconds(size.backbone, {"bicaptioning": 1.0}, {}, area=size.area)
        own = trained_seconds(self.backbone(size), self.objectives, self.options, area=size.area)
        return round(size.steps * published / own)

    @property
    def facts(self) -> dict[str, Any]:
        """What each line of the results says of the arm."""
        return {
            "arm": self.name,
            "about": self.about,
            "base": self.base or self.name,
            "objectives": list(self.objectives),
            "captions": self.captions if self.reads_captions else None,
            "fraction": self.share,
            "joint": bool(self.continues),
            "on_imagenets": self.is_on_imagenets,
        }


BEST = {"captioning": 1.0, "contrastive": 1.0, "token_classification": 1.0}
"""The objectives of the best caption recipe; with BEST_OPTIONS what pretrain's recipe `vtbr-plus` has."""
BEST_OPTIONS: Mapping[str, object] = {"objectives.rare_words": True}
JOINT_WEIGHT = 0.5
SHARES = {"quarter": 1 / 4, "sixteenth": 1 / 16}
"""Of the people, for arms with fewer images."""

SCRATCH = Arm(
    name="scratch",
    about="no pretraining",
    transfers=tuple(transfer for transfer in TRANSFERS if not transfer.endswith("zero-shot")),
)
IMAGENET = Arm(name="imagenet", about="ImageNet classification", is_on_imagenets=True)
IDENTITY = Arm(
    name="identity",
    about="identity classification",
    objectives={"identity_classification": 1.0},
)
ATTRIBUTE = Arm(
    name="attribute",
    about="attribute classification",
    objectives={"attribute_classification": 1.0},
)
BICAPTIONING = Arm(
    name="bicaptioning", about="captioning in both directions, as published", objectives={"bicaptioning": 1.0}
)
CAPTIONS = Arm(
    name="captions",
    about="captions in one direction, a dual encoder, words as classes",
    objectives=BEST,
    options=BEST_OPTIONS,
    per_image=4,
)
READ = Arm(
    name="captions-read",
    about="attributes read from the captions, nothing else",
    objectives={"attribute_classification": 1.0},
    options={"objectives.attributes_from": "captions"},
    per_image=CAPTIONS.per_image,
    in_quick=False,
)
JOINT = Arm(
    name="joint",
    about="captions, which fine-tuning continues to learn",
    continues="captions",
    transfers=TUNED,
)
ALIKE = (
    replace(
        SCRATCH,
        name="scratch-mobilenet",
        about="no pretraining, on the backbone of ImageNet's weights",
        transfers=REAL_TUNED,
        is_on_imagenets=True,
        in_quick=False,
    ),
    replace(
        CAPTIONS,
        name="captions-mobilenet",
        about="as captions, on the backbone of ImageNet's weights",
        transfers=(*REAL_TUNED, "viper-zero-shot", "photographs-zero-shot"),
        is_on_imagenets=True,
        in_quick=False,
    ),
)
"""Beside ImageNet's weights at the same backbone, where the other arms have another one."""


def with_fewer(arm: Arm) -> list[Arm]:
    """Return the arm with shares of the people."""
    return [
        replace(
            arm,
            name=f"{arm.name}-{name}",
            about=f"as captions, {100 * share:g} % of the people",
            base=arm.name,
            share=share,
            in_quick=name == "sixteenth",
        )
        for name, share in SHARES.items()
    ]


ARMS = (
    *(SCRATCH, IMAGENET, IDENTITY, ATTRIBUTE, BICAPTIONING, CAPTIONS, READ, JOINT),
    *with_fewer(CAPTIONS),
    *ALIKE,
)


def planned(
    arms: Iterable[Arm],
    size: Size,
    *,
    is_quick: bool = False,
    has_viper: bool = False,
    has_imagenet: bool = False,
    has_photographs: bool = False,
) -> list[Arm]:
    """Returns those of `arms` that can be run, without transfers whose data the user does not have."""
    found = []
    for arm in arms:
        if (is_quick and not arm.in_quick) or (arm.is_on_imagenets and not has_imagenet):
            continue
        if arm in ALIKE and size.imagenet_backbone == size.backbone:
            continue
        has = {"viper": has_viper and size.viper_splits > 0, "photographs": has_photographs}
        kept = [name for name in arm.transfers if has.get(name.partition("-")[0], True)]
        if is_quick:
            kept = [name for name in kept if not name.endswith("frozen")]
        found.append(replace(arm, transfers=tuple(kept)))
    return found
