"""Identities that spoil training or scores."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from statistics import median

from ...manifest import Row
from .finding import Finding

MOST_OF_MEDIAN = 10
"""A person with more than this many times the median of images outweighs the others."""


def identity_findings(rows: Sequence[Row]) -> Iterator[Finding]:
    """Find people in training and test, people in one camera only, and queries without a match."""
    train = {row.identity for row in rows if row.split == "train" and row.identity > 0}
    test = {row.identity for row in rows if row.split != "train" and row.identity > 0}
    both = [str(identity) for identity in sorted(train & test)]
    if both:
        yield Finding("error", "train-and-test", "identities are in training and in query or gallery", both)
    unmatched = list(unmatched_queries(rows))
    if unmatched:
        yield Finding("error", "unmatched-query", "queries have no correct match in the gallery", unmatched)
    cameras: dict[int, set[int]] = defaultdict(set)
    for row in rows:
        if row.identity > 0:
            cameras[row.identity].add(row.camera)
    single = [
        f"{identity} (camera {seen.pop()})" for identity, seen in sorted(cameras.items()) if len(seen) == 1
    ]
    if single:
        yield Finding("warning", "one-camera", "identities are in one camera only", single)


def balance_findings(rows: Sequence[Row]) -> Iterator[Finding]:
    """Find people of training with one image only, which has no positive pair, and people with very many."""
    images = Counter(row.identity for row in rows if row.split == "train" and row.identity > 0)
    alone = [str(identity) for identity, number in sorted(images.items()) if number == 1]
    if alone:
        yield Finding("warning", "one-image", "identities have one training image only", alone)
    if not images:
        return
    middle = median(images.values())
    many = [
        f"{identity} ({number} images)"
        for identity, number in images.most_common()
        if number > MOST_OF_MEDIAN * middle
    ]
    if many:
        message = f"identities have more than {MOST_OF_MEDIAN} times the median of {middle:g} training images"
        yield Finding("warning", "imbalance", message, many)


def unmatched_queries(rows: Sequence[Row]) -> Iterator[str]:
    """Say of each query without a gallery image of its identity from another camera why that is.

    >>> list(unmatched_queries([Row("q.jpg", 7, 1, "query"), Row("g.jpg", 7, 1, "gallery")]))
    ['q.jpg: identity 7 is in the gallery in the camera of the query only (1)']
    """
    cameras: dict[int, set[int]] = defaultdict(set)
    for row in rows:
        if row.split == "gallery" and row.identity > 0:
            cameras[row.identity].add(row.camera)
    for row in rows:
        if row.split == "query" and (reason := _reason(row, cameras)):
            yield f"{row.path}: {reason}"


def _reason(query: Row, cameras: dict[int, set[int]]) -> str:
    if query.identity < 1:
        kind = "a distractor" if query.identity == 0 else "junk"
        return f"identity {query.identity} is {kind}, nobody to look for"
    seen = cameras.get(query.identity, set())
    if not seen:
        return f"identity {query.identity} is not in the gallery"
    if seen - {query.camera}:
        return ""
    if query.camera == -1:
        return f"identity {query.identity} has no known camera: fill in cameras, or score without them"
    return f"identity {query.identity} is in the gallery in the camera of the query only ({query.camera})"
