"""How often intervals hold the truth, and how often tests find a difference where there is none.

Worlds of people are drawn at random; the truth is the mean score over all worlds of one size. Each
size is drawn 1,000 times (`VTBR_WORLDS`). Pictures differ in quality by person, two queries and two
gallery images each, by three cameras.
"""

from __future__ import annotations

import os

import numpy as np
from numpy.typing import NDArray

from vtbr_eval import FeatureTable, evaluate
from vtbr_eval.evaluation import Scores
from vtbr_eval.statistics import difference_intervals, p_values
from vtbr_eval.statistics.randomisation import SIGNIFICANCE

WORLDS = int(os.environ.get("VTBR_WORLDS", "1000"))
PEOPLE = (10, 20, 60, 150, 500)
IMAGES, CAMERAS, WIDTH = 4, 3, 32
NOISE = {"easy": 0.6, "hard": 1.0}
MEASURES = ("mAP", "mINP", "rank-1", "rank-5", "rank-10")
SCALE = (1 + np.arange(WIDTH) / 4) ** -0.6
SHIFT = 0.5 * np.random.default_rng(99).normal(size=(CAMERAS, WIDTH))
SAMPLES = 300
"""Of the bootstrap: fewer than in use, which costs some width and saves hours."""


def main() -> None:
    """Print coverage of the scores' intervals, and of the comparison's intervals and tests."""
    columns = [*MEASURES, "A = B: interval", "A = B: p < 0.05", "skewed: p < 0.05"]
    print(f"| noise | people | {' | '.join(columns)} |")
    print("| --- " * (len(columns) + 2) + "|")
    for name, noise in NOISE.items():
        for people in PEOPLE:
            shares = [*coverage(people, noise), skewed(people)]
            print(f"| {name} | {people} | {' | '.join(f'{share:.3f}' for share in shares)} |", flush=True)


def coverage(people: int, noise: float) -> list[float]:
    """Return the share of the worlds whose interval holds the truth, of each measure; then of the comparison."""
    values, ends, same, found = [], [], 0, 0
    for world in range(WORLDS):
        random = np.random.default_rng([people, world])
        centre, quality = (
            random.normal(size=(people + 1, WIDTH)),
            random.gamma(3, 1 / 3, size=(people + 1, 1)),
        )
        a, b = (scores(pictured(random, centre, quality, noise)) for _ in "ab")
        values.append(list(a.measures().values()))
        ends.append(list(a.interval.values()))
        if a.identity.shape == b.identity.shape:
            change = (b.average_precision - a.average_precision)[:, None]
            low, high = difference_intervals(change, a.identity, draws=SAMPLES, seed=0)[:, 0]
            same += low <= 0 <= high
            found += p_values(change, a.identity, draws=999, seed=0)[0] < SIGNIFICANCE
    truth, intervals = np.mean(values, axis=0), np.array(ends)
    held = (intervals[:, :, 0] <= truth) & (truth <= intervals[:, :, 1])
    return [*held.mean(axis=0).tolist(), same / WORLDS, found / WORLDS]


def skewed(people: int) -> float:
    """Return how often p < 0.05 where people's differences are exponential with a mean of 0."""
    found = 0
    for world in range(WORLDS):
        change = np.random.default_rng([people, world, 1]).exponential(size=(people, 1)) - 1
        found += p_values(change, np.arange(people), draws=999, seed=0)[0] < SIGNIFICANCE
    return found / WORLDS


def pictured(
    random: np.random.Generator, centre: NDArray[np.float64], quality: NDArray[np.float64], noise: float
) -> FeatureTable:
    """Return features of these people by a system; another call is another system, equally good."""
    people = len(centre) - 1
    identity = np.repeat(np.arange(1, people + 1), IMAGES)
    camera = np.tile(np.arange(IMAGES) % CAMERAS, people)
    error = random.normal(size=(len(identity), WIDTH))
    features = (centre[identity] + SHIFT[camera] + noise * quality[identity] * error) * SCALE
    return FeatureTable.of(
        features, identity=identity, camera=camera, split=np.tile(np.arange(IMAGES) >= 2, people)
    )


def scores(table: FeatureTable) -> Scores:
    """Scores with intervals of `SAMPLES` draws."""
    return evaluate(table, bootstrap=SAMPLES)
