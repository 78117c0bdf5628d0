"""The shape of a body: MakeHuman's macro morphs mixed as MakeHuman mixes them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product

import numpy as np
from numpy.typing import NDArray

from ..compiled import compiled
from .data import BodyData

Floats = NDArray[np.float32]

DECIMETRE = np.float32(0.1)


@dataclass(frozen=True, slots=True)
class Build:
    """What a body is like; all but `age` from 0 to 1."""

    sex: float
    """0 female, 1 male."""
    age: float
    """-1 a child of eleven, 0 a young adult, 1 very old."""
    muscle: float
    weight: float
    height: float
    proportions: float
    origins: tuple[float, float, float]
    """Shares of MakeHuman's three regional shapes (African, Asian, Caucasian); they sum to 1."""
    details: dict[str, float] = field(default_factory=dict)
    """Strength of single morphs by name: `stomach/stomach-pregnant-incr`, ..."""


def shape(data: BodyData, build: Build, curl: str) -> Floats:
    """Return points (N + J, 3) of the body in the pose of rest, in metres, soles at y = 0, hands curled as `curl`."""
    rows, weights = zip(*_mix(data, build, curl), strict=True)
    points = _sum(data.base, data.morphs, np.array(rows), np.array(weights, np.float32)) * DECIMETRE
    points[:, 1] -= points[: data.num_points, 1].min()
    return np.ascontiguousarray(points, np.float32)


def between_curls(data: BodyData, start: str, end: str) -> Floats:
    """Return what to add to points (N + J, 3) of a body to curl its hands as `end` instead of as `start`."""
    return np.asarray((data.morphs[data.row[end]] - data.morphs[data.row[start]]) * DECIMETRE)


def _mix(data: BodyData, build: Build, curl: str) -> Iterator[tuple[int, float]]:
    """Return the row and weight of every morph that counts."""
    sexes = {"female": 1 - build.sex, "male": build.sex}
    ages = {"child": max(0.0, -build.age), "young": 1 - abs(build.age), "old": max(0.0, build.age)}
    muscles = _three("muscle", build.muscle)
    weights = _three("weight", build.weight)
    ends = {
        "height/{}-minheight": max(0.0, 1 - 2 * build.height),
        "height/{}-maxheight": max(0.0, 2 * build.height - 1),
        "proportions/{}-uncommonproportions": max(0.0, 1 - 2 * build.proportions),
        "proportions/{}-idealproportions": max(0.0, 2 * build.proportions - 1),
    }
    mixture: dict[str, float] = {curl: 1.0}
    for (sex, a), (age, b) in product(sexes.items(), ages.items()):
        for origin, share in zip(("african", "asian", "caucasian"), build.origins, strict=True):
            mixture[f"{origin}-{sex}-{age}"] = a * b * share
        for (muscle, c), (weight, d) in product(muscles.items(), weights.items()):
            group = f"{sex}-{age}-{muscle}-{weight}"
            mixture[f"universal-{group}"] = a * b * c * d
            for pattern, e in ends.items():
                mixture[pattern.format(group)] = a * b * c * d * e
    mixture.update(build.details)
    return ((data.row[name], weight) for name, weight in mixture.items() if abs(weight) > 1e-4)


def _three(name: str, value: float) -> dict[str, float]:
    return {
        f"min{name}": max(0.0, 1 - 2 * value),
        f"average{name}": 1 - abs(2 * value - 1),
        f"max{name}": max(0.0, 2 * value - 1),
    }


@compiled
def _sum(base: Floats, morphs: Floats, rows: NDArray[np.int64], weights: Floats) -> Floats:
    out = base.copy()
    for k in range(rows.shape[0]):
        for i in range(base.shape[0]):
            for axis in range(3):
                out[i, axis] += weights[k] * morphs[rows[k], i, axis]
    return out
