"""From a feature table to scores."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from .errors import InputError
from .features import DISTRACTOR, GALLERY, JUNK, FeatureTable
from .input_warnings import input_warnings
from .measures import average_precision, inverse_negative_penalty
from .pairing import Integers, Pairing, pair
from .progress import Progress
from .protocol import Protocol
from .random_test_sets import drawn_people, parts
from .ranking import CPU, Space, Taken, match_ranks, prepared, ranks_in_row, taken_from_reranked
from .scores import DRAWS as DRAWS
from .scores import RANKS as RANKS
from .scores import Nearest as Nearest
from .scores import Scores as Scores
from .scores import who as who


def evaluate(
    table: FeatureTable,
    protocol: Protocol | None = None,
    *,
    bootstrap: int = DRAWS,
    seed: int = 0,
    top: int = 0,
    device: str = CPU,
    progress: Progress | None = None,
) -> Scores:
    """Ranks the gallery for each query of `table` and scores the ranks.

    `bootstrap` is the number of samples of people for the intervals (0: none), `seed` theirs. Under
    re-ranking `top` images of each query are kept for `ranked_lists`, which else re-ranks again.
    `device` computes matrix products (`product.product_on`) and changes no score. Raises
    `InputError` when nothing can be scored.

    >>> table = FeatureTable.of(
    ...     [[1, 0], [2, 0.1], [0, 1]], identity=[1, 1, 2], camera=[1, 2, 2], split=[0, 1, 1])
    >>> evaluate(table).measures()
    {'mAP': 1.0, 'mINP': 1.0, 'rank-1': 1.0, 'rank-5': 1.0, 'rank-10': 1.0}
    """
    protocol = protocol or Protocol()
    if bootstrap < 0:
        raise InputError(f"bootstrap takes a number of draws from 0 (no interval) up, not {bootstrap}")
    if top < 0:
        raise InputError(f"a ranked list holds 1 image or more, not {top}")
    warnings = input_warnings(table, protocol)
    table = prepared(table, protocol)
    pairing = pair(table, protocol)
    space = Space(table, protocol.distance, device)
    nearest: list[Nearest] = []
    if protocol.draws:
        pairing, ranks, repeat = _drawn_ranks(space, pairing, protocol, progress)
    else:
        ranks = ranks_of(space, pairing, protocol, progress, top=top, nearest=nearest)
        repeat = np.zeros(len(pairing.query), np.int64)
    return Scores(
        protocol=protocol,
        table=table,
        pairing=pairing,
        ranks=ranks,
        average_precision=average_precision(ranks, protocol.average_precision),
        inverse_negative_penalty=inverse_negative_penalty(ranks),
        first_rank=np.array([r[0] for r in ranks]),
        repeat=repeat,
        missed=_missed(table, pairing, protocol),
        bootstrap=bootstrap,
        seed=seed,
        warnings=warnings,
        top=top if nearest else 0,
        nearest=nearest,
    )


def ranks_of(
    space: Space,
    pairing: Pairing,
    protocol: Protocol,
    progress: Progress | None = None,
    *,
    top: int = 0,
    nearest: list[Nearest] | None = None,
) -> list[Integers]:
    """Returns for each query of `pairing` the ranks of its matches, from 1, ascending.

    Under re-ranking each query's `top` first images are appended to `nearest`, if there is one.
    """
    if protocol.rerank is None:
        return match_ranks(space, pairing, progress=progress)

    def both(i: int, distance: NDArray[np.float64]) -> tuple[Integers, Nearest | None]:
        ranks = ranks_in_row(distance, pairing.match[i], pairing.left_out[i])
        return ranks, first_of_row(distance, pairing.left_out[i], top) if top else None

    found = list(of_reranked(space, pairing, protocol, both, progress))
    if nearest is not None:
        nearest.extend(first for _, first in found if first)
    return [ranks for ranks, _ in found]


def first_of_row(distance: NDArray[np.float64], left_out: Integers, top: int) -> Nearest:
    """Returns the `top` nearest of one query's row of distances (G,), equal ones by position."""
    compared = distance.copy()
    compared[left_out] = np.inf
    count = min(top, len(distance) - len(left_out))
    if not count:
        return np.zeros(0, np.int64), np.zeros(0)
    limit = np.partition(compared, count - 1)[count - 1]
    near = np.flatnonzero(compared <= limit)
    position = near[np.argsort(compared[near], kind="stable")[:count]]
    return position, distance[position]


def of_reranked(
    space: Space,
    pairing: Pairing,
    protocol: Protocol,
    take: Callable[[int, NDArray[np.float64]], Taken],
    progress: Progress | None = None,
) -> Iterator[Taken]:
    """Yields what `take` makes of each scored query's number and re-ranked distances to the gallery (G,)."""
    assert protocol.rerank is not None
    gallery = pairing.gallery
    if protocol.rerank.junk_takes_part:
        table = space.table
        gallery = np.union1d(gallery, np.flatnonzero((table.split == GALLERY) & (table.identity == JUNK)))
    place = np.searchsorted(gallery, pairing.gallery)

    def take_compared(i: int, distance: NDArray[np.float64]) -> Taken:
        return take(i, distance[place] if len(place) < len(gallery) else distance)

    everyone = np.concatenate([pairing.probe, gallery])
    vectors, scored = space.vectors(everyone), np.flatnonzero(np.isin(pairing.probe, pairing.query))
    return taken_from_reranked(
        vectors, len(pairing.probe), protocol.rerank, scored, take_compared, space.product, progress
    )


def _drawn_ranks(
    space: Space, pairing: Pairing, protocol: Protocol, progress: Progress | None
) -> tuple[Pairing, list[Integers], Integers]:
    """Returns the queries of all test sets, their ranks and their test sets."""
    assert protocol.draws is not None
    found: list[tuple[int, int, Integers, Integers]] = []
    for part in parts(space.table, pairing, protocol):
        ranks = ranks_of(space, part.pairing, protocol)
        for i, match, rank in zip(part.index.tolist(), part.pairing.match, ranks, strict=True):
            found.append((part.repeat, i, part.position[match], rank))
        if progress:
            progress("drawing test sets", part.repeat + 1, protocol.draws.repeats)
    if len({repeat for repeat, *_ in found}) < protocol.draws.repeats:
        raise InputError(
            f"{space.table.name}: a test set was drawn in which no query has a correct match: "
            "there are too few people for this protocol"
        )
    found.sort(key=lambda item: item[:2])
    index = np.array([i for _, i, _, _ in found])
    drawn = replace(
        pairing,
        query=pairing.query[index],
        match=[match for _, _, match, _ in found],
        left_out=[pairing.left_out[i] for i in index],
    )
    return drawn, [rank for *_, rank in found], np.array([repeat for repeat, *_ in found])


def _missed(table: FeatureTable, pairing: Pairing, protocol: Protocol) -> tuple[Integers, Integers]:
    none = np.zeros(0, np.int64)
    identity = table.identity[np.array(list(pairing.dropped), np.int64)]
    if protocol.cmc_over == "valid" or not identity.size:
        return none, none
    if not protocol.draws:
        return identity, np.zeros(len(identity), np.int64)
    sets = drawn_people(table, protocol.draws)
    missed = [identity[np.isin(identity, tested) | (identity <= DISTRACTOR)] for tested in sets]
    return np.concatenate(missed), np.repeat(np.arange(len(sets)), [len(m) for m in missed])
