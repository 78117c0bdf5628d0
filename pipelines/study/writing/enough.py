"""The share of the images with which captions do as well as another pretraining on all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .analysis import BEST, DRAWS, SEED, Rows, Study


@dataclass(frozen=True, kw_only=True, slots=True)
class Enough:
    """The smallest share of the images at which captions are as good as `baseline` on all of them."""

    baseline: str
    transfer: str
    share: float | None
    """None: not even all of them."""
    interval: list[float | None]
    least: float
    """The smallest share tried: a share of this means at most this."""


def enough_images(study: Study, baseline: str, transfer: str = "few") -> Enough | None:
    """Return where the line through captions' mAP over the logarithm of the share first reaches the
    baseline's on all.

    The interval is by bootstrap over people: each draw brings its people in all arms, and its own crossing.
    None where the baseline or a second share was not run.
    """
    shares = {
        facts["fraction"]: arm
        for arm, facts in study.arms.items()
        if facts["base"] == BEST and study.has(arm, transfer)
    }
    if len(shares) < 2 or not study.has(baseline, transfer):
        return None
    fractions = sorted(shares)
    arms = [*(shares[fraction] for fraction in fractions), baseline]
    means = [by_person(study.rows(arm, transfer)) for arm in arms]
    people = np.array(sorted(set.intersection(*(set(each) for each in means))))
    total = np.array([[each[person] for person in people] for each in means])  # (arms, people, 2)
    random = np.random.default_rng(SEED)
    found = []
    for _ in range(DRAWS):
        drawn = total[:, random.integers(len(people), size=len(people))].sum(axis=1)
        found.append(share_at(fractions, drawn[:, 0] / drawn[:, 1]))
    whole = total.sum(axis=1)
    numbers = np.sort([np.inf if share is None else share for share in found])
    ends = [numbers[int(0.025 * DRAWS)], numbers[int(np.ceil(0.975 * DRAWS)) - 1]]
    return Enough(
        baseline=baseline,
        transfer=transfer,
        share=share_at(fractions, whole[:, 0] / whole[:, 1]),
        interval=[None if np.isinf(end) else float(end) for end in ends],
        least=fractions[0],
    )


def by_person(rows: Rows) -> dict[int, tuple[float, float]]:
    """Return the sum of AP and the number of queries of each person, so that means weigh queries alike."""
    return {
        int(person): (
            float(rows.values[rows.identity == person, 0].sum()),
            float((rows.identity == person).sum()),
        )
        for person in np.unique(rows.identity)
    }


def share_at(shares: Sequence[float], values: NDArray[np.float64]) -> float | None:
    """Return the share at which the line through (log share, value) first reaches the last of `values`."""
    found = crossing(np.log2(shares).tolist(), values)
    return None if found is None else float(2**found)


def crossing(fractions: Sequence[float], values: Sequence[float] | NDArray[np.float64]) -> float | None:
    """Return where the line through (fraction, value) first reaches the last of `values`, the level.

    >>> crossing([0.25, 0.5, 1.0], [0.2, 0.3, 0.5, 0.4]), crossing([0.5, 1.0], [0.2, 0.3, 0.4])
    (0.75, None)
    """
    *curve, level = (float(value) for value in values)
    if curve[0] >= level:
        return fractions[0]
    for i in range(1, len(curve)):
        if curve[i] >= level:
            part = (level - curve[i - 1]) / (curve[i] - curve[i - 1])
            return fractions[i - 1] + part * (fractions[i] - fractions[i - 1])
    return None
