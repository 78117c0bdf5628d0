"""What the study runs: one table of arms, the sizes, and what a run costs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

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


ALL = ("few", "many", "frozen", "viper")
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
kinds of captions on all images, VIPeR for three arms: the full product would be fifty times as much."""


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
    workers: int = 1
    """Processes that draw."""


FULL = Size()
QUICK = replace(FULL, seeds=2, steps=500, few_epochs=8, frozen_epochs=3, viper_splits=0)

IMPORTING = 5.0
"""Seconds that a command takes which imports torch."""
PRETRAINING = {"pictures": 1 / 200, "decoder": 1 / 450, "contrastive": 1 / 950}
FINETUNING = {"trained": 1 / 300, "frozen": 1 / 1200, "extracted": 1 / 500}
"""Seconds of one thread a picture of 64 x 32 pixels, ResNet-10: measured on both cores of an EPYC with
AVX-512, each with a run of its own. Cores with AVX2 alone take 2.2 times as long. Only the estimate before
the first jobs depends on it."""
BACKBONES = {"resnet10": 1.0, "resnet18": 2.0, "resnet34": 4.0, "resnet50": 4.5}


def planned(size: Size, *, is_quick: bool, has_viper: bool, has_imagenet: bool) -> list[Arm]:
    """The arms of this study, without the transfers that are not to be had."""
    arms = []
    for arm in ARMS:
        if (is_quick and not arm.in_quick) or (arm.name == "imagenet" and not has_imagenet):
            continue
        transfers = [name for name in arm.transfers if name != "viper" or (has_viper and size.viper_splits)]
        if is_quick:
            transfers = [name for name in transfers if name != "many"]
        arms.append(replace(arm, transfers=tuple(transfers)))
    return arms


def transfers(arm: Arm, size: Size, seed: int) -> Iterator[tuple[str, int | None]]:
    """The fine-tunings of an arm's model of this seed: their kind, and VIPeR's split.

    VIPeR's splits are dealt out over the seeds, so that the ten runs stand for both.
    """
    for name in arm.transfers:
        if name == "viper":
            yield from (("viper", split) for split in range(seed, size.viper_splits, size.seeds))
        else:
            yield name, None


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


def finetuning_seconds(transfer: str, size: Size) -> float:
    """Of one thread, with extraction and scores."""
    many = size.target_people // 2 * size.target_views
    images = {
        "few": size.few_epochs * size.few * size.target_views,
        "many": size.many_epochs * many,
        "frozen": size.frozen_epochs * many,
        "viper": size.viper_epochs * 632,
    }[transfer]
    kind = "frozen" if transfer == "frozen" else "trained"
    tested = 632 if transfer == "viper" else many + 200
    work = images * FINETUNING[kind] + 2 * tested * FINETUNING["extracted"]
    return 2.5 * IMPORTING + work * _scale(size)


def drawing_seconds(size: Size) -> float:
    """Of one thread, for all pictures."""
    return (size.people * size.views + size.held_out * 4) / 100 + size.target_people * size.target_views / 150


def _scale(size: Size) -> float:
    return BACKBONES.get(size.backbone, 4.0) * size.height * size.width / (64 * 32)
