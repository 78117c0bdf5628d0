"""The arms of the study: ways to start the backbone, and what each is fine-tuned on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from .sizes import Size

CAPTIONS = ("bicaptioning", "captioning", "masked_lm", "token_classification", "contrastive")
"""Objectives that read captions."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Arm:
    """A way to start the backbone, and what is asked of it afterwards."""

    name: str
    about: str
    objectives: tuple[str, ...] = ()
    """All with weight 1; none: from scratch, or from ImageNet's weights."""
    captions: str = "orders"
    """As `vtbr-data caption --style` makes them."""
    fraction: float = 1.0
    """Share of the images for pretraining."""
    selection: str = "random"
    """Which ones: `random`, or `selected` by facility location over their captions."""
    longer: int = 1
    """Times the steps of the other arms."""
    transfers: tuple[str, ...] = ("few", "many", "frozen")
    in_quick: bool = False

    @property
    def reads_captions(self) -> bool:
        """Whether captions take part in pretraining."""
        return any(objective in CAPTIONS for objective in self.objectives)

    @property
    def writes_captions(self) -> bool:
        """Whether it can caption a picture afterwards."""
        return "bicaptioning" in self.objectives or "captioning" in self.objectives

    @property
    def is_pretrained(self) -> bool:
        """Whether it starts from weights of any kind."""
        return bool(self.objectives) or self.name == "imagenet"

    @property
    def facts(self) -> dict[str, Any]:
        """What each line of the results says of the arm."""
        return {
            "arm": self.name,
            "about": self.about,
            "objectives": list(self.objectives),
            "captions": self.captions if self.reads_captions else None,
            "fraction": self.fraction,
            "selection": self.selection if self.fraction < 1 else None,
            "longer": self.longer,
        }


ALL = ("few", "many", "frozen", "zero-shot", "viper", "photographs")
"""All kinds of transfer; `photographs` stands for every set of the user's own."""
BOTH = ("bicaptioning",)
ARMS = (
    # The ways to pretrain, all images, the same number of steps.
    Arm(name="scratch", about="no pretraining", transfers=ALL, in_quick=True),
    Arm(name="imagenet", about="torchvision's ImageNet weights", transfers=ALL, in_quick=True),
    Arm(
        name="identity",
        about="identity classification",
        objectives=("identity_classification",),
        transfers=ALL,
        in_quick=True,
    ),
    Arm(
        name="attribute",
        about="attribute classification",
        objectives=("attribute_classification",),
        transfers=("few", "many", "frozen", "zero-shot", "photographs"),
        in_quick=True,
    ),
    Arm(name="token", about="token classification", objectives=("token_classification",)),
    Arm(name="masked-lm", about="masked LM", objectives=("masked_lm",)),
    Arm(name="captioning", about="captioning, left to right", objectives=("captioning",)),
    Arm(
        name="bicaptioning",
        about="captioning in both directions",
        objectives=BOTH,
        transfers=ALL,
        in_quick=True,
    ),
    Arm(
        name="bicaptioning-contrastive",
        about="bicaptioning and a dual encoder",
        objectives=("bicaptioning", "contrastive"),
    ),
    # The same with more steps: captions teach a language before they teach to look.
    Arm(
        name="identity-long",
        about="identity classification, three times the steps",
        objectives=("identity_classification",),
        longer=3,
        transfers=("few", "frozen"),
    ),
    Arm(
        name="bicaptioning-long",
        about="captioning in both directions, three times the steps",
        objectives=BOTH,
        longer=3,
        transfers=("few", "frozen"),
    ),
    # Fewer images, for the arm that the claim is about: 71 % is 1 / 1.4.
    Arm(name="bicaptioning-71", about="71 % at random", objectives=BOTH, fraction=0.71, transfers=("few",)),
    Arm(name="bicaptioning-50", about="50 % at random", objectives=BOTH, fraction=0.5, transfers=("few",)),
    Arm(
        name="bicaptioning-25",
        about="25 % at random",
        objectives=BOTH,
        fraction=0.25,
        transfers=("few",),
        in_quick=True,
    ),
    Arm(
        name="bicaptioning-71-selected",
        about="71 %, selected",
        objectives=BOTH,
        fraction=0.71,
        selection="selected",
        transfers=("few",),
    ),
    Arm(
        name="bicaptioning-50-selected",
        about="50 %, selected",
        objectives=BOTH,
        fraction=0.5,
        selection="selected",
        transfers=("few",),
    ),
    Arm(
        name="bicaptioning-25-selected",
        about="25 %, selected",
        objectives=BOTH,
        fraction=0.25,
        selection="selected",
        transfers=("few",),
        in_quick=True,
    ),
    # Other wordings of the same facts; `orders` is the default above.
    Arm(
        name="bicaptioning-template",
        about="one template",
        objectives=BOTH,
        captions="template",
        transfers=("few", "frozen"),
        in_quick=True,
    ),
    Arm(
        name="bicaptioning-grammar",
        about="the diverse grammar",
        objectives=BOTH,
        captions="grammar",
        transfers=("few", "frozen"),
    ),
)
"""Fractions and selection are studied where the claim is made (bicaptioning, fine-tuned with few identities),
kinds of captions on all images, VIPeR and photographs for few arms: the full product would be fifty times as much."""


def planned(
    size: Size, *, is_quick: bool, has_viper: bool, has_imagenet: bool, has_photographs: bool = False
) -> list[Arm]:
    """Returns the arms of this study, without transfers whose data the user does not have."""
    arms = []
    for arm in ARMS:
        if (is_quick and not arm.in_quick) or (arm.name == "imagenet" and not has_imagenet):
            continue
        absent = {
            "viper": not (has_viper and size.viper_splits),
            "photographs": not has_photographs,
            "zero-shot": not arm.is_pretrained,
            "many": is_quick,
        }
        transfers = tuple(name for name in arm.transfers if not absent.get(name))
        arms.append(replace(arm, transfers=transfers))
    return arms
