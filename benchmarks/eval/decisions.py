"""Are thresholds what they say on new people? Twenty made-up domains, each calibrated and tried on others.

A domain has its own spread of people, cameras and pictures; pictures of some people are worse than
of others. Thresholds come from 150 people; rates, and decisions about people half of whom are in
the gallery, from 150 others.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from vtbr_eval import Decider, FeatureTable, Thresholds, calibrate
from vtbr_eval.decisions import decide_all, measured_rate, summarised

DOMAINS, PEOPLE, IMAGES, WIDTH = 20, 150, 4, 24
RATE = 1e-3


def main() -> None:
    """Print a row for each domain, then how often the rate lay inside the interval."""
    print("| domain | measured rate | 95 % interval | people found | strangers not matched |")
    print("| --- | --- | --- | --- | --- |")
    inside, known, strangers = 0, [], []
    for number in range(DOMAINS):
        people = domain(number)
        thresholds = calibrate(people(0), fpr=[RATE])
        rate, low, high = measured_rate(people(1), thresholds.same[0].distance)
        found = decided(people(2), thresholds)
        inside += low <= RATE <= high
        known.append(found["recall"])
        strangers.append(found["unknown_people_recall"])
        print(
            f"| {number} | {rate:.5f} | {low:.5f} to {high:.5f} | {found['recall']:.3f} "
            f"| {found['unknown_people_recall']:.3f} |"
        )
    print(
        f"| all | inside {inside} of {DOMAINS} | | {np.mean(known):.3f} | {np.mean(strangers):.3f} |",
        flush=True,
    )


def domain(number: int) -> Callable[[int], FeatureTable]:
    """Return a world: called with a seed it gives a table of new people in it."""
    random = np.random.default_rng([number, 0])
    scale = (1 + np.arange(WIDTH) / random.uniform(2, 10)) ** -random.uniform(0.2, 0.8)
    noise, shift = random.uniform(0.4, 0.7), random.uniform(0, 0.4) * random.normal(size=(3, WIDTH))

    def people(seed: int) -> FeatureTable:
        random = np.random.default_rng([number, 1, seed])
        identity = np.repeat(np.arange(1, PEOPLE + 1), IMAGES)
        camera = np.tile(np.arange(IMAGES) % 2 + 1, PEOPLE)
        centre = random.normal(size=(PEOPLE + 1, WIDTH))
        worse = random.gamma(4, 0.25, size=(PEOPLE + 1, 1))
        error = noise * worse[identity] * random.normal(size=(len(identity), WIDTH))
        split = np.tile(np.arange(IMAGES) >= IMAGES // 2, PEOPLE)
        features = (centre[identity] + shift[camera] + error) * scale
        return FeatureTable.of(features, identity=identity, camera=camera, split=split)

    return people


def decided(table: FeatureTable, thresholds: Thresholds) -> dict[str, float]:
    """Decide about all people; the gallery holds every second one."""
    queries, gallery = (
        part(table, rows) for rows in (table.split == 0, (table.split == 1) & (table.identity % 2 == 0))
    )
    return summarised(queries, gallery, decide_all(queries, Decider(gallery, thresholds)))


def part(table: FeatureTable, rows: np.ndarray) -> FeatureTable:
    """Return these rows as a table."""
    columns = {key: getattr(table, key)[rows] for key in ("identity", "camera", "split")}
    return FeatureTable.of(table.features[rows], **columns)
