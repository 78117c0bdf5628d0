"""Exact intervals of rates over pairs, although the pairs of one person are not independent.

P people.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

CONFIDENCE = 0.95


def clustered_rate(
    hits: NDArray[Any], totals: NDArray[Any], hit: float, total: float
) -> tuple[float, float, float]:
    """Returns a rate `hit / total` and the ends of its 95 % interval, in [0, 1].

    `hits` and `totals` (P,) are the pairs that each person takes part in, on either side: a pair of
    two people counts for both. The variance is the jackknife's over people (Efron and Stein, 1981,
    who show that it errs upwards); the interval is Clopper and Pearson's for the number of
    independent pairs that has this variance, with Student's factor for few people (Korn and
    Graubard, Survey Methodology 24, 1998). A rate of 0 counts as seen in a quarter of as many
    independent pairs as people can be paired.

    >>> [round(end, 3) for end in clustered_rate(np.zeros(100), np.full(100, 99.0), 0, 4950)]
    [0.0, 0.0, 0.002]
    """
    from scipy.special import betaincinv, stdtrit

    people, rate = len(totals), hit / total
    if people < 2:
        return rate, 0.0, 1.0
    left = total - totals
    without = np.where(left > 0, (hit - hits) / np.where(left > 0, left, 1), rate)
    variance = (people - 1) / people * float(np.square(without - without.mean()).sum())
    count = rate * (1 - rate) / variance if 0 < rate < 1 and variance > 0 else people * (people - 1) / 4
    count = min(count, total)
    tail = (1 - CONFIDENCE) / 2
    student, normal = stdtrit(people - 1, 1 - tail), stdtrit(1e9, 1 - tail)
    count *= float(normal / student) ** 2
    seen = rate * count
    low = float(betaincinv(seen, count - seen + 1, tail)) if seen > 0 else 0.0
    high = float(betaincinv(seen + 1, count - seen, 1 - tail)) if seen < count else 1.0
    return rate, low, high
