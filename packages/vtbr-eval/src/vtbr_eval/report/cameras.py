"""How well people are found from one camera to another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vtbr_eval.errors import InputError
from vtbr_eval.evaluation import Scores, evaluate
from vtbr_eval.features import GALLERY, QUERY, FeatureTable
from vtbr_eval.pairing import UNKNOWN_CAMERA
from vtbr_eval.ranking import Progress

MAX_CAMERAS = 20
"""Of each side; more fit no page. Those with the most images are taken."""


@dataclass(frozen=True, kw_only=True)
class CameraPair:
    """Queries of one camera searched among the gallery images of another alone."""

    query_camera: int
    gallery_camera: int
    queries: int
    """That have a correct match there."""
    rank_1: float
    mean_average_precision: float


def camera_pairs(scores: Scores, progress: Progress | None = None) -> list[CameraPair]:
    """Scores of each pair of cameras that has any; none where no camera is known."""
    table, pairs = scores.table, []
    query_cameras = _largest(table, QUERY)
    gallery_cameras = _largest(table, GALLERY)
    for done, camera in enumerate(gallery_cameras, 1):
        try:
            part = evaluate(_seen_by(table, camera), scores.protocol, bootstrap=0)
        except InputError:  # nobody has a match there
            continue
        of_query = part.table.camera[part.pairing.query]
        for query_camera in query_cameras:
            rows = np.flatnonzero(of_query == query_camera)
            if rows.size:
                pair = CameraPair(
                    query_camera=query_camera,
                    gallery_camera=camera,
                    queries=len(rows),
                    rank_1=float((part.first_rank[rows] == 1).mean()),
                    mean_average_precision=float(part.average_precision[rows].mean()),
                )
                pairs.append(pair)
        if progress:
            progress("scoring pairs of cameras", done, len(gallery_cameras))
    return sorted(pairs, key=lambda pair: (pair.query_camera, pair.gallery_camera))


def _largest(table: FeatureTable, split: int) -> list[int]:
    known = table.camera[(table.split == split) & (table.camera != UNKNOWN_CAMERA)]
    camera, images = np.unique(known, return_counts=True)
    most = np.argsort(-images, kind="stable")[:MAX_CAMERAS]
    return sorted(camera[most].tolist())


def _seen_by(table: FeatureTable, camera: int) -> FeatureTable:
    """The table with this camera's gallery alone."""
    in_gallery = (table.split == GALLERY) & (table.camera == camera)
    rows = np.flatnonzero((table.split == QUERY) | in_gallery)
    return FeatureTable.of(
        table.features[rows],
        identity=table.identity[rows],
        camera=table.camera[rows],
        split=table.split[rows],
        path=[table.path[row] for row in rows.tolist()],
    )
