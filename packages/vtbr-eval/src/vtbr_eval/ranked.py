"""Ranked lists with file names, and the matrix of re-ranked distances.

Q queries, G gallery images, D width of a feature.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.format import header_data_from_array_1_0, write_array_header_1_0
from numpy.typing import NDArray

from .errors import InputError
from .evaluation import Scores, first_of_row, of_reranked, who
from .files import replacing
from .pairing import Integers
from .progress import Progress
from .ranking import CPU, Space, distance_between, nearest_images

TOP = 10

_Lists = Iterator[tuple[Integers, NDArray[np.floating[Any]] | None]]


def ranked_lists(
    scores: Scores, top: int = TOP, *, progress: Progress | None = None
) -> Iterator[dict[str, Any]]:
    """Yields one object a scored query: the query, and its `top` nearest images that are compared, nearest first.

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
        lists = ((order, None) for order in nearest_images(space, pairing, top, progress=progress))
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


def write_matrix(
    scores: Scores, target: str | Path, *, device: str = CPU, progress: Progress | None = None
) -> tuple[int, int]:
    """Writes the final distances (Q, G) of re-ranked scores as `.npy`, float32; returns Q and G.

    Written row by row, never held; images left out of the scores have theirs too. Re-ranks again.
    Raises `InputError` for scores that were not re-ranked, or from drawn galleries.
    """
    protocol, pairing = scores.protocol, scores.pairing
    if not protocol.rerank or protocol.draws:
        raise InputError("a matrix of final distances needs re-ranking and a protocol without draws")
    space = Space(scores.table, protocol.distance, device)
    shape = len(pairing.query), len(pairing.gallery)
    header = {**header_data_from_array_1_0(np.empty((0, 0), "<f4")), "shape": shape}
    with replacing(Path(target)) as file:
        write_array_header_1_0(file, header)
        for row in of_reranked(space, pairing, protocol, lambda _, row: row.astype("<f4"), progress):
            file.write(row.data)
    return shape
