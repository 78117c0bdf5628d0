"""Queries that cannot be scored, and why: the most common trouble with Re-ID data."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from ..manifest.row import Row


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
