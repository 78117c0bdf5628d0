"""Which pictures a page shows: people with their images over cameras, cameras with their images of people."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence

from ...manifest import Row

Sheet = list[tuple[str, list[int]]]
"""Titles and places of the rows below each."""


def by_identity(rows: Sequence[Row], people: int, images: int, seed: int) -> Sheet:
    """Return up to `people` people, chosen by `seed`, with up to `images` images each, from as many cameras
    as there are.
    """
    return _sheet(rows, "identity", "camera", people, images, seed, smallest=1)


def by_camera(rows: Sequence[Row], cameras: int, images: int, seed: int) -> Sheet:
    """Return the first `cameras` cameras with up to `images` images each, of as many people as there are."""
    return _sheet(rows, "camera", "identity", cameras, images, seed, smallest=0)


def _sheet(
    rows: Sequence[Row], key: str, other: str, groups: int, images: int, seed: int, *, smallest: int
) -> Sheet:
    members: dict[int, list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        if getattr(row, key) >= smallest:
            members[getattr(row, key)].append(place)
    names = sorted(members)
    if key == "identity":
        names = sorted(random.Random(seed).sample(names, min(groups, len(names))))
    return [
        (f"{key} {name} ({len(members[name])} images)", _spread(rows, members[name], other, images, seed))
        for name in names[:groups]
    ]


def _spread(rows: Sequence[Row], places: list[int], key: str, number: int, seed: int) -> list[int]:
    """Return `number` of the places: one of each value of `key` before a second of any."""
    turn: dict[int, int] = defaultdict(int)
    ranked = []
    for place in random.Random(seed).sample(places, len(places)):
        value = getattr(rows[place], key)
        ranked.append((turn[value], place))
        turn[value] += 1
    chosen = [place for _, place in sorted(ranked)[:number]]
    return sorted(chosen, key=lambda place: (getattr(rows[place], key), place))
