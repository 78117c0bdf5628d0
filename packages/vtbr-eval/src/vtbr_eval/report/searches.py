"""The searches as data for the page: who was sought, what was found, small pictures of both.

The page's script reads a search as `[image, system, ...]`, a system as
`[AP, first rank, matches, lead, [image, kind, distance, image, kind, distance, ...]]`, and images by
their number in `image` (`[path, identity, camera]`) and `picture` (base64 of a WebP, its name in `folder`, or 0).
`distance` has the counts of matches and of other pairs in equal steps from 0 to `upper`, for the threshold.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from ..pairing import Integers
from .neighbours import BINS, Neighbours
from .systems import System
from .thumbnails import Thumbnails, make_thumbnails

THRESHOLD_BINS = 512
"""Steps of the threshold over all distances."""
_STARTS = np.arange(0, BINS, BINS // THRESHOLD_BINS)


def searches_data(systems: Sequence[System], thumbnails: Thumbnails) -> dict[str, Any]:
    """Returns all searches of all systems, images named once."""
    table = systems[0].scores.table
    number: dict[int, int] = {}

    def image(row: int) -> int:
        return number.setdefault(row, len(number))

    search = [
        [image(row), *(_of_system(system, i, image) for system in systems)]
        for i, row in enumerate(systems[0].scores.pairing.query.tolist())
    ]
    distances = [
        {
            "upper": _short(system.neighbours.upper),
            "matches": _joined(system.neighbours.matches),
            "others": _joined(system.neighbours.others),
        }
        for system in systems
    ]
    return {
        "search": search,
        "image": [[table.path[row], int(table.identity[row]), int(table.camera[row])] for row in number],
        "picture": [thumbnails.picture.get(row, 0) for row in number],
        "folder": thumbnails.folder,
        "distance": distances,
        "start": _typical_bin(systems[-1].neighbours),
    }


def thumbnails_for(
    systems: Sequence[System], root: Path, budget_bytes: int, folder: Path | None = None
) -> Thumbnails:
    """Returns pictures of every query, then of each search's nearest images, then of the others, within the
    budget.

    In each of these, searches that people look at first come first. With `folder` they are written there
    instead, whatever the budget.
    """
    order = _by_interest(systems)
    query = systems[0].scores.pairing.query
    first = (int(query[i]) for i in order)
    nearest = (system.neighbours.lists[i][0].row for i in order for system in systems)
    others = chain.from_iterable(_listed(systems, i) for i in order)
    rows = chain(first, nearest, others)
    return make_thumbnails(rows, systems[0].scores.table.path, root, budget_bytes, folder)


def threshold_range(systems: Sequence[System]) -> tuple[int, int]:
    """Returns the first and the last step of a threshold, in `THRESHOLD_BINS`, between which counts change."""
    counts = sum(np.add.reduceat(s.neighbours.matches + s.neighbours.others, _STARTS) for s in systems)
    filled = np.flatnonzero(counts)
    return int(filled[0]), int(filled[-1]) + 1


def _joined(counts: Integers) -> list[int]:
    joined: list[int] = np.add.reduceat(counts, _STARTS).tolist()
    return joined


def _typical_bin(found: Neighbours) -> int:
    """Returns where half of the matches lie nearer."""
    below = np.add.reduceat(found.matches, _STARTS).cumsum()
    return int(np.searchsorted(below, below[-1] / 2)) + 1


def _of_system(system: System, i: int, image: Any) -> list[Any]:
    lead = float(system.neighbours.lead[i])
    entries = [(image(e.row), int(e.kind), _short(e.distance)) for e in system.neighbours.lists[i]]
    return [
        round(float(system.scores.average_precision[i]), 4),
        int(system.scores.first_rank[i]),
        len(system.scores.ranks[i]),
        _short(lead) if math.isfinite(lead) else None,
        list(chain.from_iterable(entries)),
    ]


def _short(distance: float) -> float:
    return float(f"{distance:.3g}")


def _listed(systems: Sequence[System], i: int) -> Iterator[int]:
    for system in systems:
        yield from (entry.row for entry in system.neighbours.lists[i])


def _by_interest(systems: Sequence[System]) -> list[int]:
    """Returns all searches: in turn the next most confused, worst and best one, and the most changed."""
    last = systems[-1]
    precision, lead = last.scores.average_precision, last.neighbours.lead
    orders: list[Integers] = [
        np.argsort(-lead, kind="stable"),
        np.lexsort((-lead, precision)),
        np.lexsort((lead, -precision)),
    ]
    if len(systems) > 1:
        gain = precision - systems[0].scores.average_precision
        orders += [np.argsort(-gain, kind="stable"), np.argsort(gain, kind="stable")]
    return list(dict.fromkeys(np.stack(orders, axis=1).ravel().tolist()))
