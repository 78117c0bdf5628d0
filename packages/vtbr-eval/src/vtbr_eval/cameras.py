"""Scores of each pair of cameras: where a system is blind.

C cameras.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .errors import InputError
from .evaluation import ranks_of
from .features import FeatureTable
from .measures import average_precision
from .pairing import pair
from .progress import Progress
from .protocol import Protocol
from .ranking import Space, prepared


@dataclass(frozen=True, kw_only=True, slots=True)
class CameraPair:
    """Queries of one camera that search among another camera's gallery images only."""

    query_camera: int
    gallery_camera: int
    queries: int
    """Queries that have a correct match there; the means run over them."""
    mean_average_precision: float
    rank_1: float

    def to_json(self) -> dict[str, float]:
        """Returns the fields under the names of docs/formats.md."""
        return {
            "query_camera": self.query_camera,
            "gallery_camera": self.gallery_camera,
            "queries": self.queries,
            "mAP": self.mean_average_precision,
            "rank-1": self.rank_1,
        }


def camera_pairs(
    table: FeatureTable, protocol: Protocol | None = None, progress: Progress | None = None
) -> list[CameraPair]:
    """Scores each pair of cameras that has a query with a match, in the order of their numbers.

    Each gallery image is compared once, as in `evaluate`. Raises `InputError` for protocols that
    re-rank or draw, under which the galleries of single cameras mean something else.

    >>> table = FeatureTable.of(
    ...     [[1, 0], [2, 0.1], [0, 1]], identity=[1, 1, 2], camera=[1, 2, 3], split=[0, 1, 1])
    >>> [(p.query_camera, p.gallery_camera, p.rank_1) for p in camera_pairs(table)]
    [(1, 2, 1.0)]
    """
    protocol = protocol or Protocol()
    if protocol.rerank or protocol.draws:
        raise InputError("scores of camera pairs need a protocol without re-ranking and without draws")
    table = prepared(table, protocol)
    space = Space(table, protocol.distance)
    found = []
    pairing = pair(table, protocol)
    gallery_cameras = table.camera[pairing.gallery]
    for gallery_camera in np.unique(gallery_cameras).tolist():
        part = pairing.narrowed(np.ones(len(pairing.query), bool), gallery_cameras == gallery_camera)
        if part is None:
            continue
        ranks = ranks_of(space, part, protocol, progress)
        precision = average_precision(ranks, protocol.average_precision)
        is_first = np.array([r[0] == 1 for r in ranks])
        query_camera = table.camera[part.query]
        for camera in np.unique(query_camera):
            mine = query_camera == camera
            found.append(
                CameraPair(
                    query_camera=int(camera),
                    gallery_camera=gallery_camera,
                    queries=int(mine.sum()),
                    mean_average_precision=float(precision[mine].mean()),
                    rank_1=float(is_first[mine].mean()),
                )
            )
    return sorted(found, key=lambda pair: (pair.query_camera, pair.gallery_camera))
