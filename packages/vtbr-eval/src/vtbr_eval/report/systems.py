"""The numbers of one system or two: measures, curves and their intervals.

Q scored queries, R ranks of the CMC curve.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..cameras import CameraPair
from ..comparison import RANDOMISATIONS, compare
from ..errors import InputError
from ..evaluation import Scores, evaluate
from ..features import FeatureTable
from ..measures import found_within
from ..progress import Progress
from ..protocol import Protocol
from ..statistics import difference_intervals, p_values, score_intervals
from .cameras import shown_camera_pairs
from .neighbours import Neighbours, find_neighbours

MAX_RANK = 50
"""Where the CMC curve ends."""
HEADLINE = ("rank-1", "rank-5", "rank-10", "mAP", "mINP")


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A mean over queries, and its 95 % interval where one was drawn."""

    value: float
    low: float | None = None
    high: float | None = None
    p: float | None = None
    """Of a difference: the p-value by which it is judged."""


@dataclass(frozen=True, kw_only=True, eq=False)
class System:
    """All that the page shows of one features file."""

    scores: Scores
    headline: dict[str, Estimate]
    curve: list[Estimate]
    """The CMC curve from rank 1."""
    neighbours: Neighbours
    cameras: list[CameraPair]


def measure_systems(
    tables: list[FeatureTable],
    protocol: Protocol,
    *,
    top: int,
    bootstrap: int,
    seed: int,
    progress: Progress | None = None,
) -> tuple[list[System], dict[str, Estimate]]:
    """Score one table or two of the same images, and the headline's differences of the second.

    Raises `InputError` when nothing can be scored, when the images differ, and for re-ranking, whose
    distances are not those that the lists show.
    """
    if protocol.rerank:
        raise InputError("the report shows plain distances: leave re-ranking out of its protocol")
    if len(tables) == 1:
        all_scores = [evaluate(tables[0], protocol, bootstrap=0, progress=progress)]
    else:
        first, second = tables
        both = compare(first, second, protocol, bootstrap=0, progress=progress)
        all_scores = [both.a, both.b]
    max_rank = min(MAX_RANK, len(all_scores[0].pairing.gallery))
    values = [_values(scores, max_rank) for scores in all_scores]
    identity = all_scores[0].identity

    def estimates(of: NDArray[np.float64], is_change: bool = False) -> list[Estimate]:
        intervals = difference_intervals if is_change else score_intervals
        ends = intervals(of, identity, draws=bootstrap, seed=seed, weight=all_scores[0].weight)
        means = np.average(of, axis=0, weights=all_scores[0].weight).tolist()
        p = p_values(of, identity, draws=RANDOMISATIONS, seed=seed) if is_change else None
        lows, highs = ends.tolist() if ends is not None else [[None] * len(means)] * 2
        tested = [None] * len(means) if p is None else p.tolist()
        return [
            Estimate(value=mean, low=low, high=high, p=value)
            for mean, low, high, value in zip(means, lows, highs, tested, strict=True)
        ]

    systems = []
    for scores, of in zip(all_scores, values, strict=True):
        measured = estimates(of)
        system = System(
            scores=scores,
            headline=dict(zip(HEADLINE, measured, strict=False)),
            curve=measured[len(HEADLINE) :],
            neighbours=find_neighbours(scores, top, progress),
            cameras=shown_camera_pairs(scores, progress),
        )
        systems.append(system)
    if len(values) < 2:
        return systems, {}
    change = estimates((values[1] - values[0])[:, : len(HEADLINE)], is_change=True)
    return systems, dict(zip(HEADLINE, change, strict=True))


def _values(scores: Scores, max_rank: int) -> NDArray[np.float64]:
    """(Q, 5 + R): each query's headline measures and its terms of the CMC curve."""
    found = [found_within(scores.first_rank, rank) for rank in (1, 5, 10, *range(1, max_rank + 1))]
    single = [scores.average_precision, scores.inverse_negative_penalty]
    return np.stack([*found[:3], *single, *found[3:]], axis=1)
