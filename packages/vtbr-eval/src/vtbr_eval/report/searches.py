"""The searches as data for the page: who was sought, what was found, small pictures of both.

The page's script reads a search as `[image, system, ...]`, a system as
`[AP, first rank, matches, lead, [image, kind, distance, image, kind, distance, ...]]`, and images by
their number in `image` (`[path, identity, camera]`) and `picture` (base64, or 0).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from ..pairing import Integers
from .systems import System
from .thumbnails import Thumbnails, make_thumbnails


def searches_data(systems: Sequence[System], thumbnails: Thumbnails) -> dict[str, Any]:
    """All searches of all systems, images named once."""
    table = systems[0].scores.table
    number: dict[int, int] = {}

    def image(row: int) -> int:
        return number.setdefault(row, len(number))

    search = [
        [image(row), *(_of_system(system, i, image) for system in systems)]
        for i, row in enumerate(systems[0].scores.pairing.query.tolist())
    ]
    return {
        "search": search,
        "image": [[table.path[row], int(table.identity[row]), int(table.camera[row])] for row in number],
        "picture": [thumbnails.picture.get(row, 0) for row in number],
    }


def thumbnails_for(systems: Sequence[System], root: Path, budget_bytes: int) -> Thumbnails:
    """Pictures of the searches that people look at first, then of the others, within the budget."""
    rows = chain.from_iterable(_rows(systems, i) for i in _by_interest(systems))
    return make_thumbnails(rows, systems[0].scores.table.path, root, budget_bytes)


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


def _rows(systems: Sequence[System], i: int) -> Iterator[int]:
    yield int(systems[0].scores.pairing.query[i])
    for system in systems:
        yield from (entry.row for entry in system.neighbours.lists[i])


def _by_interest(systems: Sequence[System]) -> list[int]:
    """All searches: in turn the next most confused, worst and best one, and the most changed."""
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
