"""The numbers of one system or two: measures, curves and their intervals.

Q scored queries, R ranks of the CMC curve.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..cameras import CameraPair
from ..comparison import Comparison, compare
from ..errors import InputError
from ..evaluation import Scores, evaluate
from ..features import FeatureTable
from ..progress import Progress
from ..protocol import Protocol
from .cameras import shown_camera_pairs
from .neighbours import Neighbours, find_neighbours

MAX_RANK = 50
"""Where the CMC curve ends."""
HEADLINE_RANKS = (1, 5, 10)
HEADLINE = ("rank-1", "rank-5", "rank-10", "mAP", "mINP")


@dataclass(frozen=True)
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
    """Scores one table or two of the same images, and the headline's differences of the second.

    Raises `InputError` when nothing can be scored, when the images differ, and for random test sets.
    """
    if protocol.draws:
        raise InputError("the report lists the whole gallery: it needs a protocol without random test sets")
    difference: dict[str, Estimate] = {}
    if len(tables) == 1:
        all_scores = [evaluate(tables[0], protocol, bootstrap=bootstrap, seed=seed, progress=progress)]
    else:
        first, second = tables
        both = compare(first, second, protocol, bootstrap=bootstrap, seed=seed, progress=progress)
        all_scores = [replace(scores, bootstrap=bootstrap, seed=seed) for scores in (both.a, both.b)]
        difference = _differences(both)
    systems = [
        System(
            scores=scores,
            headline=_estimates(scores, HEADLINE_RANKS, HEADLINE),
            curve=list(_estimates(scores, *_curve(scores)).values()),
            neighbours=find_neighbours(scores, top, progress),
            cameras=shown_camera_pairs(scores, progress),
        )
        for scores in all_scores
    ]
    return systems, difference


def _curve(scores: Scores) -> tuple[range, list[str]]:
    ranks = range(1, min(MAX_RANK, len(scores.pairing.gallery)) + 1)
    return ranks, [f"rank-{rank}" for rank in ranks]


def _estimates(scores: Scores, ranks: Sequence[int], measures: Sequence[str]) -> dict[str, Estimate]:
    values, intervals = scores.measures(ranks), scores.intervals(ranks)
    none = (None, None)
    return {m: Estimate(values[m], *intervals.get(m, none)) for m in measures}


def _differences(both: Comparison) -> dict[str, Estimate]:
    found = {}
    for measure, difference in both.difference.items():
        low, high = both.interval.get(measure, (None, None))
        found[measure] = Estimate(difference, low, high, both.p_value.get(measure))
    return found
