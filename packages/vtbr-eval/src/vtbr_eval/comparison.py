"""Two systems on the same queries: paired differences, not two overlapping intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .bootstrap import identity_intervals
from .errors import InputError
from .evaluation import DRAWS, Scores, evaluate
from .features import FeatureTable
from .measures import found_within
from .protocol import Protocol
from .ranking import Progress

MEASURES = ("mAP", "rank-1")


@dataclass(frozen=True, kw_only=True, eq=False)
class Comparison:
    """Scores of both and B minus A, with a 95 % interval of the difference."""

    a: Scores
    b: Scores
    difference: dict[str, float]
    interval: dict[str, tuple[float, float]]
    """Empty when none were drawn."""

    def to_json(self) -> dict[str, Any]:
        """The comparison as docs/formats.md has it."""
        a, b = self.a.measures(), self.b.measures()
        measures: dict[str, Any] = {
            measure: {"a": a[measure], "b": b[measure], "difference": self.difference[measure]}
            for measure in MEASURES
        }
        for measure, ends in self.interval.items():
            measures[measure]["interval"] = list(ends)
        return {
            "format": "vtbr.comparison",
            "version": 1,
            **measures,
            "protocol": self.a.protocol.to_json(),
            "counts": self.a.pairing.counts,
            "input": {side: scores.to_json()["input"] for side, scores in (("a", self.a), ("b", self.b))},
        }


def compare(
    a: FeatureTable,
    b: FeatureTable,
    protocol: Protocol | None = None,
    *,
    bootstrap: int = DRAWS,
    seed: int = 0,
    progress: Progress | None = None,
) -> Comparison:
    """Score both tables and the paired difference B - A, resampling identities.

    Raises `InputError` unless both describe the same images, row for row.
    """
    _check_same_images(a, b)
    first, second = (evaluate(t, protocol, bootstrap=0, progress=progress) for t in (a, b))
    change = np.stack(
        [
            second.average_precision - first.average_precision,
            found_within(second.first_rank, 1) - found_within(first.first_rank, 1),
        ],
        axis=1,
    )
    ends = identity_intervals(change, first.identity, draws=bootstrap, seed=seed)
    return Comparison(
        a=first,
        b=second,
        difference=dict(zip(MEASURES, change.mean(axis=0).tolist(), strict=True)),
        interval={} if ends is None else dict(zip(MEASURES, map(tuple, ends.T.tolist()), strict=True)),
    )


def _check_same_images(a: FeatureTable, b: FeatureTable) -> None:
    remedy = "extract both from the same manifest"
    if len(a) != len(b):
        raise InputError(f"{a.name} has {len(a):,} images, {b.name} has {len(b):,}: {remedy}")
    pairs: list[tuple[str, Sequence[Any], Sequence[Any]]] = [
        ("path", a.path, b.path),
        ("identity", a.identity.tolist(), b.identity.tolist()),
        ("camera", a.camera.tolist(), b.camera.tolist()),
        ("split", a.split.tolist(), b.split.tolist()),
    ]
    for what, left, right in pairs:
        for row, (x, y) in enumerate(zip(left, right, strict=True)):
            if x != y:
                raise InputError(f"row {row}: {what} is {x!r} in {a.name} but {y!r} in {b.name}: {remedy}")
