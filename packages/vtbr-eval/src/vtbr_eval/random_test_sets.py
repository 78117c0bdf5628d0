"""Random test sets with one gallery image a person: CUHK03's first protocol, VIPeR's halves.

G gallery images of the whole pairing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .features import DISTRACTOR, QUERY, UNKNOWN_CAMERA, FeatureTable
from .pairing import Integers, Pairing
from .protocol import Protocol, RandomTestSets

_Key = int | tuple[int, ...]
"""What queries with one gallery share: their camera, or the gallery positions of their own image."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """Queries of one test set that search in the same gallery."""

    repeat: int
    """Which test set, from 0."""
    index: Integers
    """The queries, as positions in the whole pairing's `query`."""
    position: Integers
    """The gallery, as positions in the whole pairing's `gallery`, ascending."""
    pairing: Pairing
    """The queries and the gallery drawn for them, with one match each."""


def people_of(table: FeatureTable) -> Integers:
    """Returns the people among the queries, from whom test sets are drawn."""
    identity = np.unique(table.identity[table.split == QUERY])
    return identity[identity > DISTRACTOR]


def drawn_people(table: FeatureTable, draws: RandomTestSets) -> list[Integers]:
    """Returns the people of each test set, ascending; the same for the same table and seed."""
    people = people_of(table)
    count = max(1, round(draws.people_share * len(people)))
    random = np.random.default_rng([draws.seed, 0])
    return [np.sort(random.choice(people, count, replace=False)) for _ in range(draws.repeats)]


def parts(table: FeatureTable, pairing: Pairing, protocol: Protocol) -> Iterator[Part]:
    """Draws the test sets of `protocol.draws` and yields them by queries that share a gallery.

    Each person's one gallery image is drawn among those by other cameras than the query's, where
    there are any. Distractors and people that no query shows all stay.
    """
    assert protocol.draws is not None
    random = np.random.default_rng([protocol.draws.seed, 1])
    identity = table.identity[pairing.gallery]
    people = people_of(table)
    groups = _groups(table, pairing, protocol)
    for repeat, tested in enumerate(drawn_people(table, protocol.draws)):
        lot = random.permutation(len(pairing.gallery))
        stays = ~np.isin(identity, np.setdiff1d(people, tested))
        for key, members in groups.items():
            index = members[np.isin(table.identity[pairing.query[members]], tested)]
            if not index.size:
                continue
            if isinstance(key, int):
                avoided = table.camera[pairing.gallery] == key
                position = _one_each(identity, lot, avoided, stays)
            else:
                allowed = stays.copy()
                allowed[list(key)] = False
                position = _one_each(identity, lot, np.zeros(len(identity), bool), allowed)
            yield Part(
                repeat=repeat,
                index=index,
                position=position,
                pairing=_part_of(table, pairing, index, position),
            )


def _groups(
    table: FeatureTable, pairing: Pairing, protocol: Protocol
) -> dict[int | tuple[int, ...], Integers]:
    groups: dict[int | tuple[int, ...], list[int]] = {}
    for i, row in enumerate(pairing.query.tolist()):
        camera = int(table.camera[row])
        by_camera = protocol.cross_camera and camera != UNKNOWN_CAMERA
        key: _Key = camera if by_camera else tuple(pairing.left_out[i].tolist())
        groups.setdefault(key, []).append(i)
    return {key: np.array(members) for key, members in groups.items()}


def _one_each(
    identity: Integers, lot: Integers, avoided: NDArray[np.bool_], allowed: NDArray[np.bool_]
) -> Integers:
    """Returns positions of one image a person, of the lowest lot and not avoided if possible; all distractors."""
    order = np.lexsort((lot, avoided, identity))
    order = order[allowed[order]]
    is_first = np.diff(identity[order], prepend=DISTRACTOR) != 0
    return np.sort(order[is_first | (identity[order] == DISTRACTOR)])


def _part_of(table: FeatureTable, pairing: Pairing, index: Integers, position: Integers) -> Pairing:
    gallery = pairing.gallery[position]
    place = {int(person): i for i, person in enumerate(table.identity[gallery])}
    query = pairing.query[index]
    none = np.zeros(0, np.int64)
    return replace(
        pairing,
        query=query,
        probe=query,
        gallery=gallery,
        match=[np.array([place[int(person)]]) for person in table.identity[query]],
        left_out=[none] * len(query),
    )
