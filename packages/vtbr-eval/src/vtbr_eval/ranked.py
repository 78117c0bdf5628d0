"""Ranked lists to look at: each query's nearest gallery images, with file names.

Q queries, G gallery images, D width of a feature.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import InputError
from .evaluation import Scores, first_of_row, of_reranked, who
from .pairing import Integers, Pairing
from .ranking.guesses import GALLERY_ROWS, QUERY_ROWS, guessed, tolerance
from .ranking.ranks import Progress
from .ranking.space import Space
from .ranking.verification import distance_between

TOP = 10

_Lists = Iterator[tuple[Integers, NDArray[np.floating[Any]] | None]]


def ranked_lists(
    scores: Scores, top: int = TOP, *, progress: Progress | None = None
) -> Iterator[dict[str, Any]]:
    """One object a scored query: the query, and its `top` nearest images that are compared, nearest first.

    An image has its rank from 1, whether it is right (the query's person), and its distance:
    Euclidean, 1 - cosine, or the re-ranked one. Raises `InputError` for protocols that draw.
    """
    if top < 1:
        raise InputError(f"a ranked list holds 1 image or more, not {top}")
    if scores.protocol.draws:
        raise InputError("ranked lists need a protocol without draws")
    table, pairing = scores.table, scores.pairing
    space = Space(table, scores.protocol.distance)
    if scores.protocol.rerank:
        lists: _Lists = ((order[:top], final[:top]) for order, final in scores.nearest)
        if scores.top < top:
            lists = of_reranked(
                space,
                pairing,
                scores.protocol,
                lambda i, row: first_of_row(row, pairing.left_out[i], top),
                progress,
            )
    else:
        lists = ((order, None) for order in nearest(space, pairing, top, progress=progress))
    for i, (position, final) in enumerate(lists):
        query = int(pairing.query[i])
        right = np.isin(position, pairing.match[i]).tolist()
        gallery = []
        for place, row in enumerate(pairing.gallery[position].tolist()):
            distance = (
                distance_between(table, query, row, scores.protocol) if final is None else float(final[place])
            )
            gallery.append(
                {"rank": place + 1, **who(table, row), "right": right[place], "distance": distance}
            )
        yield {**who(table, query), "gallery": gallery}


def nearest(
    space: Space,
    pairing: Pairing,
    top: int,
    *,
    query_rows: int = QUERY_ROWS,
    gallery_rows: int = GALLERY_ROWS,
    progress: Progress | None = None,
) -> Iterator[Integers]:
    """For each scored query the positions (at most top,) of its nearest gallery images, nearest first.

    Exact and independent of the blocks: what float32 cannot tell apart is decided in double
    precision, equal ones by position. Images left out do not appear.
    """
    for start in range(0, len(pairing.query), query_rows):
        stop = min(start + query_rows, len(pairing.query))
        yield from _nearest_of_block(space, pairing, range(start, stop), top, gallery_rows)
        if progress:
            progress("listing", stop, len(pairing.query))


def _nearest_of_block(
    space: Space, pairing: Pairing, block: range, top: int, gallery_rows: int
) -> Iterator[Integers]:
    queries = space.points(pairing.query[block.start : block.stop])
    found = [(np.zeros(0, np.float32), np.zeros(0, np.int64)) for _ in block]
    lowest = np.full(len(block), -np.inf)
    margin = 0.0
    for start, gallery, nearness in guessed(space, queries, pairing.gallery, gallery_rows):
        margin = max(margin, 2 * tolerance(queries, gallery))  # of all blocks so far
        for i, row in enumerate(nearness):
            left_out = pairing.left_out[block[i]]
            row[left_out[(left_out >= start) & (left_out < start + len(row))] - start] = -np.inf
            near = np.flatnonzero((row >= lowest[i] - margin) & (row > -np.inf))
            if near.size:
                value = np.concatenate([found[i][0], row[near]])
                position = np.concatenate([found[i][1], near + start])
                if len(value) > top:
                    lowest[i] = np.partition(value, len(value) - top)[len(value) - top]
                    stays = value >= lowest[i] - margin
                    value, position = value[stays], position[stays]
                found[i] = value, position
    for i, (_, position) in enumerate(found):
        exact = space.nearness(queries.vector[i : i + 1], space.points(pairing.gallery[position]))[0]
        yield position[np.lexsort((position, -exact))[:top]]
