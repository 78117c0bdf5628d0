"""Systems on the same queries: paired differences, not overlapping intervals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..evaluation import DRAWS, Scores, evaluate, who
from ..features import FeatureTable
from ..progress import Progress
from ..protocol import Protocol
from ..statistics import holm, p_values, verdict

RANDOMISATIONS = 10_000
"""Flips of signs for the p-values: the smallest that can come out is 0.0001."""
CHANGED = 10
"""Queries shown on each side: those that changed most."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Comparison:
    """Scores of both and B minus A, with 95 % intervals and p-values of the difference."""

    a: Scores
    b: Scores
    difference: dict[str, float]
    """Of mAP, mINP, rank-1, rank-5 and rank-10, as all that follows."""
    interval: dict[str, tuple[float, float]]
    """Empty when none were drawn."""
    p_value: dict[str, float]
    """Two-sided, by randomisation over people; empty when none were drawn."""

    def to_json(self, changed: int = CHANGED) -> dict[str, Any]:
        """Returns the comparison as docs/formats.md has it, with the queries that changed most."""
        return {
            "format": "vtbr.comparison",
            "version": 1,
            **self.measures(),
            "warnings": list(self.a.warnings),
            "changed": {
                "better": list(self.changed(changed)),
                "worse": list(self.changed(changed, worse=True)),
            },
            "protocol": self.a.protocol.to_json(),
            "counts": self.a.pairing.counts,
            "input": {side: scores.to_json()["input"] for side, scores in (("a", self.a), ("b", self.b))},
        }

    def measures(self) -> dict[str, dict[str, Any]]:
        """Returns of each measure both scores, the difference and what is known of it."""
        a, b = self.a.measures(), self.b.measures()
        measures: dict[str, dict[str, Any]] = {
            measure: {"a": a[measure], "b": b[measure], "difference": difference}
            for measure, difference in self.difference.items()
        }
        for measure, ends in self.interval.items():
            measures[measure]["interval"] = list(ends)
        for measure, p in self.p_value.items():
            measures[measure]["p"] = p
            measures[measure]["better"] = verdict(self.difference[measure], p)
        return measures

    def changed(self, count: int = CHANGED, *, worse: bool = False) -> Iterator[dict[str, Any]]:
        """Yields the queries whose AP rose most from A to B (or fell most), at most `count`.

        A query that is drawn into several test sets counts by its mean.
        """
        rows, place = np.unique(self.a.pairing.query, return_inverse=True)
        times = np.bincount(place)
        before, after = (np.bincount(place, scores.average_precision) / times for scores in (self.a, self.b))
        gain = before - after if worse else after - before
        for i in np.argsort(-gain, kind="stable")[:count].tolist():
            if gain[i] <= 0:
                return
            yield {
                **who(self.a.table, int(rows[i])),
                "a": float(before[i]),
                "b": float(after[i]),
                "difference": float(after[i] - before[i]),
            }


@dataclass(frozen=True, kw_only=True, eq=False)
class Tournament:
    """Three systems or more, each compared with each."""

    scores: list[Scores]
    pairs: dict[tuple[int, int], Comparison]
    """Comparisons by the positions of A and B."""

    def to_json(self) -> dict[str, Any]:
        """Returns the comparisons as docs/formats.md has them, p-values also raised for their number."""
        pairs: list[dict[str, Any]] = [
            {"a": a, "b": b, **pair.measures()} for (a, b), pair in self.pairs.items()
        ]
        for measure in self.scores[0].measures():
            p = [pair[measure].get("p") for pair in pairs]
            if None not in p:
                for pair, raised in zip(pairs, holm(p), strict=True):
                    pair[measure]["p_holm"] = raised
                    pair[measure]["better"] = verdict(pair[measure]["difference"], raised)
        return {
            "format": "vtbr.comparison",
            "version": 1,
            "systems": [{**s.measures(), "input": s.to_json()["input"]} for s in self.scores],
            "pairs": pairs,
            "warnings": list(self.scores[0].warnings),
            "protocol": self.scores[0].protocol.to_json(),
            "counts": self.scores[0].pairing.counts,
        }


def compare(
    a: FeatureTable,
    b: FeatureTable,
    protocol: Protocol | None = None,
    *,
    bootstrap: int = DRAWS,
    randomisations: int = RANDOMISATIONS,
    seed: int = 0,
    progress: Progress | None = None,
) -> Comparison:
    """Scores both tables and the paired difference B - A, resampling identities.

    Raises `InputError` unless both describe the same images, row for row.
    """
    check_same_images(a, b)
    first, second = (evaluate(t, protocol, bootstrap=0, progress=progress) for t in (a, b))
    return _compared(first, second, bootstrap, randomisations, seed)


def compare_all(
    tables: Sequence[FeatureTable],
    protocol: Protocol | None = None,
    *,
    bootstrap: int = DRAWS,
    randomisations: int = RANDOMISATIONS,
    seed: int = 0,
    progress: Progress | None = None,
) -> Tournament:
    """Scores each table once and compares each with each, as `compare` does."""
    for other in tables[1:]:
        check_same_images(tables[0], other)
    scores = [evaluate(table, protocol, bootstrap=0, progress=progress) for table in tables]
    pairs = {
        (i, j): _compared(scores[i], scores[j], bootstrap, randomisations, seed)
        for i, j in combinations(range(len(scores)), 2)
    }
    return Tournament(scores=scores, pairs=pairs)


def check_same_images(a: FeatureTable, b: FeatureTable) -> None:
    """Raises `InputError` unless both tables describe the same images, row for row.

    Tables that know their manifest's fingerprint must know the same.
    """
    remedy = "extract both from the same manifest"
    prints = [_data_fingerprint(table) for table in (a, b)]
    if all(prints) and prints[0] != prints[1]:
        raise InputError(
            f"{a.name} and {b.name} come from two manifests (fingerprints {prints[0]:.8}... and "
            f"{prints[1]:.8}...): {remedy}"
        )
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


def _data_fingerprint(table: FeatureTable) -> str:
    data = table.metadata.get("data")
    fingerprint = data.get("fingerprint") if isinstance(data, dict) else None
    return fingerprint if isinstance(fingerprint, str) else ""


def _compared(a: Scores, b: Scores, bootstrap: int, randomisations: int, seed: int) -> Comparison:
    before, after = a.terms(), b.terms()
    change: NDArray[np.float64] = np.stack([after[m] - before[m] for m in before], axis=1)
    ends = a.difference_intervals(change, draws=bootstrap, seed=seed)
    p = p_values(change * a.weight[:, None], a.identity, draws=randomisations, seed=seed)
    means = a.measures(), b.measures()
    return Comparison(
        a=a,
        b=b,
        difference={measure: means[1][measure] - means[0][measure] for measure in before},
        interval={} if ends is None else dict(zip(before, map(tuple, ends.T.tolist()), strict=True)),
        p_value={} if p is None else dict(zip(before, p.tolist(), strict=True)),
    )
