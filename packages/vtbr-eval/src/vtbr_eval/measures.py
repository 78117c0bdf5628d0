"""Measures over the ranks of queries' correct matches.

For each of Q queries `ranks` (M,) are ascending, from 1, among the gallery that the protocol leaves.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .protocol import Area


def average_precision(ranks: Sequence[NDArray[np.int64]], area: Area = "rectangles") -> NDArray[np.float64]:
    """Returns for each query the area under precision and recall (Q,), in (0, 1].

    By rectangles it is the mean of the precisions at each correct match, as in torchreid and
    fastreid. By trapezoids each of them is averaged with the precision one rank before (1 before
    the first rank), as in Market-1501's first script and layumi's (docs/protocol.md).

    >>> average_precision([np.array([1, 3])]), average_precision([np.array([1, 3])], "trapezoids")
    (array([0.83333333]), array([0.79166667]))
    """
    matches = np.array([len(r) for r in ranks])
    first = np.cumsum(matches) - matches
    rank = np.concatenate(ranks)  # of all queries: a call for each would take longer than the sums
    found = np.arange(1, len(rank) + 1) - np.repeat(first, matches)
    precision = found / rank
    if area == "trapezoids":
        before = np.where(rank > 1, (found - 1) / np.maximum(rank - 1, 1), 1.0)
        precision = (precision + before) / 2
    mean: NDArray[np.float64] = np.add.reduceat(precision, first) / matches
    return mean


def inverse_negative_penalty(ranks: Sequence[NDArray[np.int64]]) -> NDArray[np.float64]:
    """Returns for each query its matches by the rank of the last one (Q,), in (0, 1]; their mean is mINP.

    Ye et al., TPAMI 2021.

    >>> inverse_negative_penalty([np.array([1, 4])])
    array([0.5])
    """
    penalty: NDArray[np.float64] = np.array([len(r) for r in ranks]) / np.array([r[-1] for r in ranks])
    return penalty


def found_within(first_rank: NDArray[np.int64], rank: int) -> NDArray[np.float64]:
    """Returns for each query 1 when its first match has at most this rank, else 0: the CMC curve's terms.

    >>> found_within(np.array([1, 6]), 5)
    array([1., 0.])
    """
    return (first_rank <= rank).astype(np.float64)


def precision_at(ranks: list[NDArray[np.int64]], depth: int) -> NDArray[np.float64]:
    """Returns for each query the share of correct matches among its first `depth` images, in [0, 1].

    >>> precision_at([np.array([1, 3]), np.array([9])], 4)
    array([0.5, 0. ])
    """
    return np.array([np.searchsorted(r, depth, "right") / depth for r in ranks])
