"""What a pretrained backbone is fine-tuned and tested on."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..plan import Arm
from ..sizes import Size

TARGET = "data/target/manifest.jsonl"
VIPER_PEOPLE = 316
"""In each half of each of its ten splits, in two pictures each."""
MOST_EPOCHS = 60
"""Of fine-tuning on photographs, however few they are."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Transfer:
    """A fine-tuning: its data, paths relative to the study's folder, and its length."""

    kind: str
    """A name of `plan.TRANSFERS`, in place of `photographs` the set's own name."""
    trained: str
    """The manifest whose training images are fine-tuned on."""
    needs: tuple[str, ...]
    """The jobs that make the manifests."""
    root: str
    """The folder that the manifests' paths start from."""
    tested: str
    """The manifest whose query and gallery images are ranked."""
    epochs: int
    """0: the pretrained model's own features are scored."""
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


@dataclass(frozen=True, kw_only=True, slots=True)
class Photographs:
    """A set of the user's own, which the study's folder links to as `photographs/NAME`."""

    name: str
    manifest: Path
    identities: int
    """In training; 0: there is no training part, so only zero-shot scores are taken."""
    images: int
    test_images: int

    @classmethod
    def read(cls, name: str, manifest: Path) -> Photographs:
        """Count what the manifest holds; raises `ValueError` where it cannot be scored."""
        rows = [json.loads(line) for line in manifest.read_text(encoding="utf-8").splitlines()]
        train = [row for row in rows if row["split"] == "train"]
        for split in ("query", "gallery"):
            if not any(row["split"] == split for row in rows):
                raise ValueError(
                    f"{manifest} has no {split} images: vtbr-data index makes a manifest with them"
                )
        people = {row["identity"] for row in train if row["identity"] > 0}
        return cls(name=name, manifest=manifest, identities=len(people), images=len(train),
                   test_images=len(rows) - len(train))  # fmt: skip

    @property
    def root(self) -> str:
        """The link, relative to the study's folder."""
        return f"photographs/{self.name}"


def transfers(arm: Arm, size: Size, seed: int, photographs: Sequence[Photographs] = ()) -> Iterator[Transfer]:
    """Yields the fine-tunings of the arm's model of this seed.

    VIPeR's splits are dealt out over the seeds, so that the ten runs vary both; frozen and zero-shot take one
    split a seed.
    """
    for kind in arm.transfers:
        set_name, _, mode = kind.partition("-")
        if set_name == "viper":
            tuned = [viper(size, split) for split in range(seed, size.viper_splits, size.seeds)]
            yield from (in_mode(one, mode, size) for one in (tuned[:1] if mode else tuned))
        elif set_name == "photographs":
            sets = (of_photographs(photos, size) for photos in photographs)
            yield from (in_mode(one, mode, size) for one in sets if one.identities or mode == "zero-shot")
        else:
            yield rendered(kind, size)


def rendered(kind: str, size: Size) -> Transfer:
    """Return a fine-tuning on the rendered surveillance domain."""
    people = size.target_people // 2
    epochs = {"few": size.few_epochs, "frozen": size.frozen_epochs, "zero-shot": 0}
    identities = {"few": size.few, "zero-shot": 0}.get(kind, people)
    return Transfer(
        kind=kind,
        trained="data/few/manifest.jsonl" if kind == "few" else TARGET,
        needs=("data/few", "data/target") if kind == "few" else ("data/target",),
        root="data/target",
        tested=TARGET,
        epochs=epochs[kind],
        identities=identities,
        images=identities * size.target_views,
        test_images=people * size.target_views + 200,
        is_frozen=kind == "frozen",
    )


def viper(size: Size, split: int) -> Transfer:
    """Return a fine-tuning on one of VIPeR's splits; `viper` links to the user's folder."""
    manifest = f"data/viper-{split}/manifest.jsonl"
    return Transfer(
        kind="viper",
        trained=manifest,
        needs=(f"data/viper-{split}",),
        root="viper",
        tested=manifest,
        epochs=size.viper_epochs,
        identities=VIPER_PEOPLE,
        images=2 * VIPER_PEOPLE,
        test_images=2 * VIPER_PEOPLE,
        target="viper",
        split=split,
    )


def of_photographs(photos: Photographs, size: Size) -> Transfer:
    """Return a fine-tuning on a set of the user's own."""
    manifest = f"{photos.root}/{photos.manifest.name}"
    return Transfer(
        kind=photos.name,
        trained=manifest,
        needs=(),
        root=photos.root,
        tested=manifest,
        epochs=min(MOST_EPOCHS, max(3, round(size.photographs_seen / max(1, photos.images)))),
        identities=photos.identities,
        images=photos.images,
        test_images=photos.test_images,
        target=photos.name,
    )


def in_mode(tuned: Transfer, mode: str, size: Size) -> Transfer:
    """Return the same data with the backbone `frozen`, or `zero-shot`; fine-tuned without a mode."""
    if not mode:
        return tuned
    if mode == "frozen":
        return replace(
            tuned, kind=f"{tuned.kind}-frozen", epochs=min(tuned.epochs, size.frozen_epochs), is_frozen=True
        )
    return replace(tuned, kind=f"{tuned.kind}-zero-shot", epochs=0, identities=0)
