"""The pairs of cameras that fit a page."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..cameras import CameraPair, camera_pairs
from ..evaluation import Scores
from ..features import GALLERY, QUERY, UNKNOWN_CAMERA, FeatureTable
from ..progress import Progress

MAX_CAMERAS = 20
"""Of each side; more fit no page. Those with the most images are taken."""


def shown_camera_pairs(scores: Scores, progress: Progress | None = None) -> list[CameraPair]:
    """Scores of each pair of the largest known cameras; none without known cameras, under draws or re-ranking."""
    table = scores.table
    query, gallery = _largest(table, QUERY), _largest(table, GALLERY)
    if not query or not gallery or scores.protocol.draws or scores.protocol.rerank:
        return []
    # The table of the scores has its queries joined and its features moved already.
    protocol = replace(scores.protocol, multi_query=False, expansion=None)
    pairs = camera_pairs(table, protocol, progress)
    return [pair for pair in pairs if pair.query_camera in query and pair.gallery_camera in gallery]


def _largest(table: FeatureTable, split: int) -> set[int]:
    known = table.camera[(table.split == split) & (table.camera != UNKNOWN_CAMERA)]
    camera, images = np.unique(known, return_counts=True)
    return set(camera[np.argsort(-images, kind="stable")[:MAX_CAMERAS]].tolist())
