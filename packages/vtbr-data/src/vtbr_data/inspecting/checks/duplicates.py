"""The same picture twice, to the byte or to the eye."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

import numpy as np

from ...manifest import Row
from ..near_duplicates import hashes, near_pairs
from ..pictures import PictureState
from .finding import Finding


def repeated_findings(rows: Sequence[Row]) -> Iterator[Finding]:
    """Find paths that are listed in several lines."""
    times = Counter(row.path for row in rows)
    repeated = [f"{path} ({number} times)" for path, number in times.items() if number > 1]
    if repeated:
        yield Finding("warning", "repeated", "paths are listed in several lines", repeated)


def duplicate_findings(rows: Sequence[Row], states: Sequence[PictureState]) -> Iterator[Finding]:
    """Find pictures with the same bytes: in several splits, of several people, or just twice."""
    same: dict[bytes, list[Row]] = defaultdict(list)
    for row, state in zip(rows, states, strict=True):
        if state.digest and state.problem != "is empty":
            same[state.digest].append(row)
    across, contradicting, rest = [], [], []
    for group in same.values():
        if len(group) == 1:
            continue
        is_across = len({row.split for row in group}) > 1
        is_contradicting = len({row.identity for row in group}) > 1
        if is_across:
            across.append(group)
        if is_contradicting:
            contradicting.append(group)
        if not is_across and not is_contradicting:
            rest.append(group)
    if across:
        message = "the same picture is in several splits"
        yield Finding("error", "duplicate-across-splits", message, _named(across))
    if contradicting:
        message = "the same picture has several identities"
        yield Finding("error", "duplicate-across-identities", message, _named(contradicting))
    if rest:
        yield Finding("warning", "duplicate", "the same picture has several names", _named(rest))


def near_duplicate_findings(rows: Sequence[Row], states: Sequence[PictureState]) -> Iterator[Finding]:
    """Find pictures of training that look like pictures of query or gallery."""
    bits, has_contrast = hashes([state.glance for state in states])
    is_training = np.array([row.split == "train" for row in rows])
    training = np.flatnonzero(is_training & has_contrast)
    test = np.flatnonzero(~is_training & has_contrast)
    items = [
        f"{_name(rows[training[i]])} ~ {_name(rows[test[j]])}, {different} of 256 bits differ"
        for i, j, different in near_pairs(bits[training], bits[test])
        if states[training[i]].digest != states[test[j]].digest
    ]
    if items:
        message = "pictures of training look like pictures of query or gallery"
        yield Finding("warning", "near-duplicate", message, items)


def _named(groups: Sequence[Sequence[Row]]) -> list[str]:
    return [" = ".join(map(_name, group)) for group in groups]


def _name(row: Row) -> str:
    return f"{row.path} ({row.split} {row.identity})"
