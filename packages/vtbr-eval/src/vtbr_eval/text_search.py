"""Text-to-image search: texts as queries, images as gallery.

T texts, I images, D width of a feature.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from .errors import InputError
from .evaluation import DRAWS, RANKS, Scores, evaluate
from .features import GALLERY, QUERY, TRAIN, UNKNOWN_CAMERA, FeatureTable, PathList
from .progress import Progress
from .protocol import PROTOCOLS, Protocol
from .ranking import CPU

Relevance = Literal["identity", "path"]


@dataclass(frozen=True, kw_only=True, eq=False)
class SearchScores:
    """Scores of the texts, and what they were made from."""

    scores: Scores
    texts: FeatureTable
    images: FeatureTable
    relevance: Relevance

    def measures(self, ranks: Sequence[int] = RANKS) -> dict[str, float]:
        """Returns mAP, mINP and R@K at `ranks`: the share of texts with a right image among the first K."""
        return {_recall(measure): value for measure, value in self.scores.measures(ranks).items()}

    def to_json(self, ranks: Sequence[int] = RANKS) -> dict[str, Any]:
        """Returns the scores as docs/formats.md has them."""
        written = self.scores.to_json(ranks)
        written = {_recall(key): value for key, value in written.items()}
        written["interval"] = {_recall(key): ends for key, ends in written["interval"].items()}
        written["protocol"]["relevance"] = self.relevance
        written["input"] = {
            what: {"name": table.name, "fingerprint": table.fingerprint}
            for what, table in (("texts", self.texts), ("images", self.images))
        }
        return written


def search(
    texts: FeatureTable,
    images: FeatureTable,
    protocol: Protocol | None = None,
    *,
    relevance: Relevance = "identity",
    bootstrap: int = DRAWS,
    seed: int = 0,
    device: str = CPU,
    progress: Progress | None = None,
) -> SearchScores:
    """Searches among `images` for each text; rows of the split `train` are skipped.

    An image is right when it shows the text's identity (CUHK-PEDES), or under the relevance
    `path` when it is the image that the text describes. `protocol` is `text-to-image`.
    Raises `InputError` for files that do not belong together.

    >>> texts = FeatureTable.of([[1, 0], [0, 1]], identity=[1, 2], camera=[-1, -1], split=[0, 0])
    >>> images = FeatureTable.of([[2, 1], [1, 2]], identity=[1, 2], camera=[1, 1], split=[1, 1])
    >>> search(texts, images).measures((1,))
    {'mAP': 1.0, 'mINP': 1.0, 'R@1': 1.0}
    """
    table = _joined(texts, images, relevance)
    protocol = protocol or PROTOCOLS["text-to-image"]
    scores = evaluate(table, protocol, bootstrap=bootstrap, seed=seed, device=device, progress=progress)
    return SearchScores(scores=scores, texts=texts, images=images, relevance=relevance)


def _joined(texts: FeatureTable, images: FeatureTable, relevance: Relevance) -> FeatureTable:
    if relevance not in ("identity", "path"):
        raise InputError(f"relevance is identity or path, not {relevance!r}")
    widths = texts.features.shape[1], images.features.shape[1]
    if widths[0] != widths[1]:
        raise InputError(
            f"{texts.name} and {images.name} are {widths[0]:,} and {widths[1]:,} wide: "
            "texts and images need features of one model"
        )
    asked, searched = (np.flatnonzero(table.split != TRAIN) for table in (texts, images))
    for table, rows in ((texts, asked), (images, searched)):
        if not rows.size:
            raise InputError(f"{table.name}: all its rows are of the split train: nothing to search")
    paths = [texts.path[row] for row in asked.tolist()], [images.path[row] for row in searched.tolist()]
    if relevance == "path":
        identity = _numbered(*paths)
    else:
        identity = np.concatenate([texts.identity[asked], images.identity[searched]])
    count = len(asked) + len(searched)
    return FeatureTable(
        features=np.concatenate([texts.features[asked], images.features[searched]]),
        identity=identity,
        camera=np.full(count, UNKNOWN_CAMERA, np.int64),
        split=np.repeat(np.array([QUERY, GALLERY], np.uint8), [len(asked), len(searched)]),
        path=PathList.of([*paths[0], *paths[1]]),
        name=f"{texts.name} in {images.name}",
    )


def _numbered(texts: list[str], images: list[str]) -> NDArray[np.int64]:
    """Returns each path's own number, from 1."""
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(path, len(numbers) + 1) for path in (*texts, *images)], np.int64)


def _recall(measure: str) -> str:
    return measure.replace("rank-", "R@")
