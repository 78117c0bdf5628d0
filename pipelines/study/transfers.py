"""What a pretrained backbone is fine-tuned and tested on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .plan import Arm
from .sizes import Size

TARGET = "data/target/manifest.jsonl"
VIPER_PEOPLE = 316
"""In each half of each of its ten splits, in two pictures each."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Transfer:
    """A fine-tuning: its data, paths relative to the study's folder, and its length."""

    kind: str
    """`few`, `many`, `frozen` or `viper`."""
    data: str
    """The job that makes the training manifest."""
    root: str
    """The folder that the manifests' paths start from."""
    tested: str
    """The manifest whose query and gallery images are ranked."""
    epochs: int
    identities: int
    """Trained on."""
    images: int
    """Trained on, each epoch."""
    test_images: int
    target: str = "rendered"
    is_frozen: bool = False
    """Whether the backbone keeps its pretrained weights."""
    split: int | None = None

    @property
    def name(self) -> str:
        """The folder that its runs are in."""
        return self.kind if self.split is None else f"{self.kind}-{self.split}"

    @property
    def facts(self) -> dict[str, Any]:
        """What each line of the results says of it."""
        return {
            "target": self.target,
            "transfer": self.kind,
            "identities": self.identities,
            "frozen": self.is_frozen,
            "split": self.split,
            "epochs": self.epochs,
        }


def transfers(arm: Arm, size: Size, seed: int) -> Iterator[Transfer]:
    """Yields the fine-tunings of the arm's model of this seed.

    VIPeR's splits are dealt out over the seeds, so that the ten runs vary both.
    """
    for kind in arm.transfers:
        if kind == "viper":
            yield from (viper(size, split) for split in range(seed, size.viper_splits, size.seeds))
        else:
            yield rendered(kind, size)


def rendered(kind: str, size: Size) -> Transfer:
    """A fine-tuning on the rendered surveillance domain."""
    people = size.target_people // 2
    identities = size.few if kind == "few" else people
    return Transfer(
        kind=kind,
        data="data/few" if kind == "few" else "data/target",
        root="data/target",
        tested=TARGET,
        epochs={"few": size.few_epochs, "many": size.many_epochs, "frozen": size.frozen_epochs}[kind],
        identities=identities,
        images=identities * size.target_views,
        test_images=people * size.target_views + 200,
        is_frozen=kind == "frozen",
    )


def viper(size: Size, split: int) -> Transfer:
    """A fine-tuning on one of VIPeR's splits; `viper` links to the user's folder."""
    return Transfer(
        kind="viper",
        data=f"data/viper-{split}",
        root="viper",
        tested=f"data/viper-{split}/manifest.jsonl",
        epochs=size.viper_epochs,
        identities=VIPER_PEOPLE,
        images=2 * VIPER_PEOPLE,
        test_images=2 * VIPER_PEOPLE,
        target="viper",
        split=split,
    )
