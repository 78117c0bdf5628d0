"""Intervals that respect that the queries of one person are not independent."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError

CONFIDENCE = 0.95


def identity_intervals(
    values: NDArray[np.float64],
    identity: NDArray[np.int64],
    *,
    draws: int,
    seed: int,
    weight: NDArray[np.float64] | None = None,
) -> NDArray[np.float64] | None:
    """Percentile intervals (2, K) of the column means of `values` (Q, K), one row a query.

    `weight` (Q,) says how much each query counts; without it all count alike.

    Identities are drawn with replacement, each bringing all its queries (a cluster bootstrap);
    the interval runs from the 2.5th to the 97.5th percentile of the means. None without draws or
    with fewer than two identities, when nothing can be said.
    """
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
    for draw in range(draws):
        times = np.bincount(random.integers(len(people), size=len(people)), minlength=len(people))
        means[draw] = (times[:, None] * total).sum(axis=0) / (times @ size)
    tail = (1 - CONFIDENCE) / 2
    return np.quantile(means, [tail, 1 - tail], axis=0)
