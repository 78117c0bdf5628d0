"""Measures over the ranks of one query's correct matches.

`ranks` (M,) are ascending, from 1, among the gallery that the protocol leaves.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def average_precision(ranks: NDArray[np.int64]) -> float:
    """Mean of the precisions at each correct match, in (0, 1].

    Area by rectangles, as in torchreid and fastreid; Market-1501's first script used trapezoids
    and reads slightly differently (docs/protocol.md).

    >>> average_precision(np.array([1, 3]))
    0.8333333333333333
    """
    return float(np.mean(np.arange(1, len(ranks) + 1) / ranks))


def inverse_negative_penalty(ranks: NDArray[np.int64]) -> float:
    """Matches by the rank of the last one, in (0, 1]; its mean is mINP (Ye et al., TPAMI 2021).

    >>> inverse_negative_penalty(np.array([1, 4]))
    0.5
    """
    return len(ranks) / int(ranks[-1])


def found_within(first_rank: NDArray[np.int64], rank: int) -> NDArray[np.float64]:
    """For each query 1 when its first match has at most this rank, else 0: the CMC curve's terms.

    >>> found_within(np.array([1, 6]), 5)
    array([1., 0.])
    """
    return (first_rank <= rank).astype(np.float64)
