"""Intervals that respect that the queries of one person are not independent.

Q queries, K measures, P people.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError

CONFIDENCE = 0.95
BLOCK_NUMBERS = 2**20
"""People drawn at a time."""
GALLERY = 1.15
"""Variance with other people in the gallery, too, over that with other queries alone (docs/protocol.md)."""


def score_intervals(
    values: NDArray[np.float64],
    identity: NDArray[np.int64],
    *,
    draws: int,
    seed: int,
    weight: NDArray[np.float64] | None = None,
) -> NDArray[np.float64] | None:
    """Returns 95 % intervals (2, K) of the column means of `values` (Q, K), each value in [0, 1].

    The variance is that of a cluster bootstrap: people are drawn with replacement, each with all
    their queries; it is raised by P / (P - 1) for few people and by `GALLERY`. The ends are Clopper
    and Pearson's for the number of independent trials that has this variance, with Student's factor
    (Korn and Graubard, Survey Methodology 24, 1998): they stay in [0, 1], lie asymmetrically near
    its ends, and where all values are 1 tell what so many people can show. `weight` (Q,) says how
    much each query counts. None without draws or with fewer than two people.

    >>> score_intervals(np.ones((20, 1)), np.arange(20), draws=100, seed=0).round(2).ravel()
    array([0.81, 1.  ])
    """
    from scipy.special import betaincinv, stdtrit

    resampled = _resampled(values, identity, draws, seed, weight)
    if resampled is None:
        return None
    mean, variance, people = resampled
    tail = (1 - CONFIDENCE) / 2
    inside = (variance > 0) & (mean > 0) & (mean < 1)
    count = np.where(inside, mean * (1 - mean) / np.where(inside, variance, 1), people)
    count = count * float(stdtrit(1e9, 1 - tail) / stdtrit(people - 1, 1 - tail)) ** 2
    seen, missed = np.clip(mean, 0, 1) * count, np.clip(1 - mean, 0, 1) * count
    low = np.where(seen > 0, betaincinv(np.where(seen > 0, seen, 1), missed + 1, tail), 0.0)
    high = np.where(missed > 0, betaincinv(seen + 1, np.where(missed > 0, missed, 1), 1 - tail), 1.0)
    return np.stack([low, high])


def difference_intervals(
    change: NDArray[np.float64],
    identity: NDArray[np.int64],
    *,
    draws: int,
    seed: int,
    weight: NDArray[np.float64] | None = None,
) -> NDArray[np.float64] | None:
    """Returns 95 % intervals (2, K) of the column means of paired differences (Q, K).

    Student's with P - 1 degrees of freedom and the variance of `score_intervals`. None without
    draws or with fewer than two people.
    """
    from scipy.special import stdtrit

    resampled = _resampled(change, identity, draws, seed, weight)
    if resampled is None:
        return None
    mean, variance, people = resampled
    half = stdtrit(people - 1, (1 + CONFIDENCE) / 2) * np.sqrt(variance)
    return np.stack([mean - half, mean + half])


def identity_intervals(
    values: NDArray[np.float64],
    identity: NDArray[np.int64],
    *,
    draws: int,
    seed: int,
    weight: NDArray[np.float64] | None = None,
) -> NDArray[np.float64] | None:
    """Returns percentile intervals (2, K) of the column means of `values` (Q, K), for runs pooled by person.

    Too narrow for few people: scores use `score_intervals`, comparisons `difference_intervals`.
    """
    means = _means(values, identity, draws, seed, weight)
    tail = (1 - CONFIDENCE) / 2
    return None if means is None else np.quantile(means, [tail, 1 - tail], axis=0)


def _resampled(
    values: NDArray[np.float64],
    identity: NDArray[np.int64],
    draws: int,
    seed: int,
    weight: NDArray[np.float64] | None,
) -> tuple[NDArray[np.float64], NDArray[np.float64], int] | None:
    """Returns the means (K,), their variances (K,) and the number of people."""
    means = _means(values, identity, draws, seed, weight)
    if means is None:
        return None
    people = np.unique(identity).size
    variance = means.var(axis=0, ddof=1 if draws > 1 else 0) * (people / (people - 1)) * GALLERY
    return np.average(values, axis=0, weights=weight), np.where(variance > 1e-24, variance, 0.0), people


def _means(
    values: NDArray[np.float64],
    identity: NDArray[np.int64],
    draws: int,
    seed: int,
    weight: NDArray[np.float64] | None,
) -> NDArray[np.float64] | None:
    """Returns the column means (draws, K) of samples of people, drawn with replacement."""
    if draws < 0:
        raise InputError(f"bootstrap takes a number of draws from 0 (no interval) up, not {draws}")
    people, person = np.unique(identity, return_inverse=True)
    if draws == 0 or len(people) < 2:
        return None
    total = np.zeros((len(people), values.shape[1]))
    np.add.at(total, person, values if weight is None else values * weight[:, None])
    size = np.bincount(person, weight)
    random = np.random.default_rng(seed)
    means = np.empty((draws, values.shape[1]))
    rows = max(1, BLOCK_NUMBERS // len(people))
    for start in range(0, draws, rows):
        part = means[start : start + rows]
        drawn = random.integers(len(people), size=(len(part), len(people)))
        place = drawn + np.arange(len(part))[:, None] * len(people)
        times = np.bincount(place.ravel(), minlength=place.size).reshape(place.shape).astype(np.float64)
        # Not by BLAS, whose sums depend on the number of threads.
        part[:] = np.einsum("dp,pk->dk", times, total) / np.einsum("dp,p->d", times, size)[:, None]
    return means
