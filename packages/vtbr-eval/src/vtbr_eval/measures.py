"""Measures over the ranks of one query's correct matches.

`ranks` (M,) are ascending, from 1, among the gallery that the protocol leaves.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .protocol import Area


def average_precision(ranks: NDArray[np.int64], area: Area = "rectangles") -> float:
    """Area under precision and recall, in (0, 1].

    By rectangles it is the mean of the precisions at each correct match, as in torchreid and
    fastreid. By trapezoids each of them is averaged with the precision one rank before (1 before
    the first rank), as in Market-1501's first script and layumi's (docs/protocol.md).

    >>> average_precision(np.array([1, 3])), average_precision(np.array([1, 3]), "trapezoids")
    (0.8333333333333333, 0.7916666666666666)
    """
    found = np.arange(1, len(ranks) + 1)
    precision = found / ranks
    if area == "trapezoids":
        before = np.where(ranks > 1, (found - 1) / np.maximum(ranks - 1, 1), 1.0)
        precision = (precision + before) / 2
    return float(np.mean(precision))


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


def precision_at(ranks: list[NDArray[np.int64]], depth: int) -> NDArray[np.float64]:
    """For each query the share of correct matches among its first `depth` images, in [0, 1].

    >>> precision_at([np.array([1, 3]), np.array([9])], 4)
    array([0.5, 0. ])
    """
    return np.array([np.searchsorted(r, depth, "right") / depth for r in ranks])
