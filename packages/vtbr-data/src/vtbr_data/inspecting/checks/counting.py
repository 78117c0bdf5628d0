"""Counts of images, identities and cameras, and whether they are the published ones."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from ...datasets import DATASETS
from ...errors import InputError
from ...manifest import Row
from .finding import Finding


def count(rows: Sequence[Row]) -> dict[str, Any]:
    """Count images, identities (above 0), junk, distractors and cameras, in all and by split."""
    by_split: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_split[row.split].append(row)
    return _count_one(rows) | {
        "splits": {split: _count_one(some) for split, some in sorted(by_split.items())}
    }


def _count_one(rows: Sequence[Row]) -> dict[str, int]:
    people = Counter(row.identity for row in rows)
    return {
        "images": len(rows),
        "identities": sum(identity > 0 for identity in people),
        "cameras": len({row.camera for row in rows if row.camera >= 0}),
        "junk": people[-1],
        "distractors": people[0],
    }


def count_findings(counts: Mapping[str, Any], dataset: str) -> Iterator[Finding]:
    """Find counts that differ from those published for `dataset`; raises `InputError` if none are published."""
    published = DATASETS[dataset].counts if dataset in DATASETS else {}
    if not published:
        close = get_close_matches(dataset, [name for name in DATASETS if DATASETS[name].counts], n=1)
        advice = f"did you mean {close[0]}?" if close else "leave --dataset out"
        raise InputError(f"no counts are published for {dataset}: {advice}")
    different = [
        f"{split} {what}: {have}, published {number}"
        for split, numbers in published.items()
        for what, number in numbers.items()
        if (have := (counts if split == "all" else counts["splits"].get(split, {})).get(what, 0)) != number
    ]
    if different:
        yield Finding("error", "counts", f"counts are not those of {dataset}", different)
