"""Chooses which images of a manifest are kept, and describes the choice."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..manifest import Manifest, Row
from .alike import near_duplicates
from .features import Features
from .order import balanced, is_exact, random_keys, random_order, spread_order
from .people import some_people
from .values import group_numbers, value_counts
from .vectors import caption_vectors, feature_vectors

METHODS = ("random", "k-centre", "facility-location")
_SAMPLE = 2000
"""Images whose nearest chosen one is looked for; with fewer there are, all."""
_ROWS = 65_536


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """What is kept."""

    method: str = "random"
    """One of `METHODS`: which images come first."""
    count: int | None = None
    """Images to keep."""
    fraction: float | None = None
    """Or this share of the images, in (0, 1]."""
    identities: int | None = None
    """People to choose first, with all their images."""
    by: tuple[str, ...] = ()
    """Keys whose values (together) all get as equal a number of images as there are."""
    near_duplicates: float | None = None
    """Leave images out first that lie within this cosine distance of an earlier one."""
    split: str | None = None
    """Choose among its images; those of other splits all stay."""
    seed: int = 0

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise ValueError(f"there is no method {self.method}: use one of {', '.join(METHODS)}")
        if self.count is not None and self.fraction is not None:
            raise ValueError("count and fraction: give one of them")
        if all(one is None for one in (self.count, self.fraction, self.identities, self.near_duplicates)):
            raise ValueError("nothing to choose by: give count, fraction, identities or near_duplicates")
        if self.count is not None and self.count < 1:
            raise ValueError(f"count must be at least 1, not {self.count}")
        if self.fraction is not None and not 0 < self.fraction <= 1:
            raise ValueError(f"fraction must lie in (0, 1], not {self.fraction}")
        if self.near_duplicates is not None and not 0 <= self.near_duplicates <= 2:
            raise ValueError(f"near_duplicates must lie in [0, 2], not {self.near_duplicates}")

    def needs_vectors(self) -> bool:
        """Return whether images are compared."""
        return self.method != "random" or self.near_duplicates is not None


def select(
    manifest: Manifest, choice: Choice, features: Features | None = None
) -> tuple[list[Row], dict[str, Any]]:
    """Return the rows that stay, in the manifest's order, and a report on them.

    Images are compared by `features` or, without them, by their captions. A `fraction` is of the images of
    the split before near duplicates are gone. The same manifest, choice, features and machine give the same
    rows; a random choice depends on seed and paths alone. Raises `InputError` for keys that no image has,
    for more images than there are, and where nothing can be compared.
    """
    everything = [row for row in manifest.rows if choice.split in (None, row.split)]
    if choice.identities is not None:
        manifest = dataclasses.replace(manifest, rows=_of_people(manifest, choice))
    among = np.array(
        [i for i, row in enumerate(manifest.rows) if choice.split in (None, row.split)], np.int64
    )
    if not len(among):
        raise InputError(f"{manifest.name} has no images of the split {choice.split}")
    rows = [manifest.rows[index] for index in among.tolist()]
    number = _number(choice, len(rows), manifest.name)
    vectors = _vectors(rows, choice, features)
    left = np.arange(len(rows))
    if choice.near_duplicates is not None and vectors is not None:
        left = left[~near_duplicates(vectors, choice.near_duplicates, seed=choice.seed)]
    chosen = (
        left if number is None or number >= len(left) else left[_chosen(rows, left, vectors, choice, number)]
    )
    chosen = np.sort(chosen)
    report = _report(manifest, everything, [rows[index] for index in chosen.tolist()], choice)
    report["near_duplicates"] = len(rows) - len(left)
    if vectors is not None:
        wanted = len(left) if choice.by else min(number or len(left), len(left))
        report["compared"] = {
            "by": features.name if features else "captions",
            "width": vectors.shape[1],
            "all_with_all": is_exact(choice.method, len(left), wanted),
        }
        keys = random_keys([row.path for row in rows], choice.seed + 1)
        report["coverage"] = _coverage(vectors, chosen, random_order(keys)[: len(chosen)])
    others = np.setdiff1d(np.arange(len(manifest.rows)), among, assume_unique=True)
    kept = np.sort(np.concatenate([others, among[chosen]]))
    return [manifest.rows[index] for index in kept.tolist()], report


def _of_people(manifest: Manifest, choice: Choice) -> list[Row]:
    """Return rows of the chosen people, and of all other splits."""
    assert choice.identities is not None
    rows = [row for row in manifest.rows if choice.split in (None, row.split)]
    chosen = {id(row) for row in some_people(rows, choice.identities, seed=choice.seed)}
    return [row for row in manifest.rows if choice.split not in (None, row.split) or id(row) in chosen]


def _number(choice: Choice, images: int, name: str) -> int | None:
    if choice.fraction is not None:
        return max(1, round(choice.fraction * images))
    if choice.count is not None and choice.count > images:
        raise InputError(f"{name} has {images} images to choose from, fewer than {choice.count}")
    return choice.count


def _vectors(rows: Sequence[Row], choice: Choice, features: Features | None) -> NDArray[np.float32] | None:
    if features is not None:
        return feature_vectors(features, [row.path for row in rows], seed=choice.seed)
    return caption_vectors([row.captions for row in rows]) if choice.needs_vectors() else None


def _chosen(
    rows: Sequence[Row],
    left: NDArray[np.int64],
    vectors: NDArray[np.float32] | None,
    choice: Choice,
    number: int,
) -> NDArray[np.int64]:
    """Return places within `left`."""
    some = [rows[index] for index in left.tolist()]
    keys = random_keys([row.path for row in some], choice.seed)
    if choice.method == "random" or vectors is None:
        order = random_order(keys)
    else:
        most = len(some) if choice.by else number
        order = spread_order(choice.method, vectors[left], keys, most, seed=choice.seed)
    return balanced(order, group_numbers(some, choice.by), number) if choice.by else order[:number]


def _report(manifest: Manifest, rows: Sequence[Row], kept: Sequence[Row], choice: Choice) -> dict[str, Any]:
    before, after = value_counts(rows, choice.by), value_counts(kept, choice.by)
    counts: Mapping[str, Any] = {
        key: {value: [number, after.get(key, {}).get(value, 0)] for value, number in values.items()}
        for key, values in before.items()
    }
    return {
        "method": choice.method,
        "by": list(choice.by),
        "seed": choice.seed,
        "fingerprint": manifest.fingerprint,
        "images": [len(rows), len(kept)],
        "identities": [len({row.identity for row in some if row.identity > 0}) for some in (rows, kept)],
        "counts": counts,
    }


def _coverage(
    vectors: NDArray[np.float32], chosen: NDArray[np.int64], by_chance: NDArray[np.int64]
) -> dict[str, object]:
    """Return the cosine distance from an image to the nearest chosen one: the largest (radius) and the mean.

    The same of as many images chosen at random is under `by_chance`. Both are over 2,000 images, evenly spaced
    in the manifest.
    """
    sample = vectors[np.unique(np.linspace(0, len(vectors) - 1, _SAMPLE).astype(np.int64))]
    return {
        "sampled": len(sample),
        "chosen": _distances(sample, vectors, chosen),
        "random": _distances(sample, vectors, by_chance),
    }


def _distances(
    sample: NDArray[np.float32], vectors: NDArray[np.float32], chosen: NDArray[np.int64]
) -> dict[str, float]:
    nearest = np.full(len(sample), -np.inf, np.float32)
    for start in range(0, len(chosen), _ROWS):
        block = vectors[chosen[start : start + _ROWS]]
        np.maximum(nearest, (sample @ block.T).max(axis=1), out=nearest)
    distance = np.maximum(1 - nearest.astype(np.float64), 0)
    return {"radius": round(float(distance.max()), 6), "mean": round(float(distance.mean()), 6)}
