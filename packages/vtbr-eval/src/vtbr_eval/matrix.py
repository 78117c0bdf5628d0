"""All re-ranked distances as one array on disk, for those who ask for it.

Q scored queries, G gallery images without junk.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.lib.format import header_data_from_array_1_0, write_array_header_1_0

from .errors import InputError
from .evaluation import Scores, of_reranked
from .files.writing import replacing
from .ranking.product import CPU
from .ranking.ranks import Progress
from .ranking.space import Space


def write_matrix(
    scores: Scores, target: str | Path, *, device: str = CPU, progress: Progress | None = None
) -> tuple[int, int]:
    """Write the final distances (Q, G) of re-ranked scores as `.npy`, float32; return Q and G.

    Written row by row, never held; images left out of the scores have theirs too. Re-ranks once more.
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
