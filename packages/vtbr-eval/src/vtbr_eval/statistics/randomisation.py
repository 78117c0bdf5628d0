"""Could a difference be chance? Paired tests over people: flipped signs, and one that allows for skewness.

Q queries, K measures, P people.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError

BLOCK_NUMBERS = 2**22
"""Signs drawn at a time."""
SIGNIFICANCE = 0.05
"""A smaller p-value decides for a system."""
ROUNDING = 1e-12
"""Sums in another order may differ by less than this and are then equal."""


def p_values(
    change: NDArray[np.float64], identity: NDArray[np.int64], *, draws: int, seed: int
) -> NDArray[np.float64] | None:
    """Returns two-sided p-values (K,) of the column sums of `change` (Q, K): per query, B minus A.

    The larger of two p-values, each of which fails where the other does not. If A and B were equally
    good, each person's differences could as well have the other sign. All signs of one person flip
    together, because their queries are not independent: p = (1 + draws at least as far from 0 as the
    data) / (1 + draws) (Phipson and Smyth, 2010). That takes differences for symmetric; Student's t
    over people in Hall's cubic transformation (1992) allows for their skewness. None without draws.

    >>> float(p_values(np.ones((10, 1)), np.arange(10), draws=999, seed=0)[0]) < 0.02
    True
    """
    if draws < 0:
        raise InputError(f"randomisations are a number of draws from 0 (no p-value) up, not {draws}")
    if draws == 0:
        return None
    people, person = np.unique(identity, return_inverse=True)
    total = np.zeros((len(people), change.shape[1]))
    np.add.at(total, person, change)
    least = np.abs(total.sum(axis=0)) - ROUNDING * np.abs(total).sum(axis=0)
    random = np.random.default_rng(seed)
    as_far = np.zeros(change.shape[1], np.int64)
    rows = max(1, BLOCK_NUMBERS // len(people))
    for start in range(0, draws, rows):
        signs = 2.0 * random.integers(2, size=(min(rows, draws - start), len(people))) - 1
        as_far += (np.abs(signs @ total) >= least).sum(axis=0)
    p: NDArray[np.float64] = np.maximum((1 + as_far) / (1 + draws), _skewed_p_values(total))
    return p


def _skewed_p_values(total: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns two-sided p-values (K,) of the means of people's differences (P, K), which may be skewed.

    Hall, "On the removal of skewness by transformation" (JRSS B 54, 1992), equation for the cubic.
    """
    from scipy.special import stdtr

    people, mean = len(total), total.mean(axis=0)
    spread = np.sqrt(np.square(total - mean).mean(axis=0))
    known = spread > ROUNDING * np.abs(total).max(axis=0, initial=0)
    if people < 3 or not known.any():
        return np.zeros(total.shape[1])  # nothing is known of their shape
    scale = np.where(known, spread, 1)
    skewness = (((total - mean) / scale) ** 3).mean(axis=0)
    ratio = mean / scale * np.sqrt(1 - 1 / people)
    moved = ratio + skewness * ratio**2 / 3 + skewness**2 * ratio**3 / 27 + skewness / (6 * people)
    p: NDArray[np.float64] = 2 * stdtr(people - 1, -np.abs(np.sqrt(people) * moved))
    return np.where(known, p, 0.0)


def verdict(difference: float, p: float | None) -> str:
    """Returns `a`, `b` or `none`: which of two systems is better, or that chance could be the reason.

    >>> verdict(0.02, 0.03), verdict(-0.02, 0.03), verdict(0.02, 0.06)
    ('b', 'a', 'none')
    """
    if p is None or p >= SIGNIFICANCE or difference == 0:
        return "none"
    return "b" if difference > 0 else "a"


def holm(p: list[float]) -> list[float]:
    """Returns the p-values, raised for being several (Holm, 1979), in their order.

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    raised, highest = [0.0] * len(p), 0.0
    for step, i in enumerate(sorted(range(len(p)), key=lambda i: p[i])):
        highest = max(highest, min(1.0, (len(p) - step) * p[i]))
        raised[i] = highest
    return raised
