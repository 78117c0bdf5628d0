"""Decides for pictures of people whether they show somebody in a gallery: open-set identification.

N queries, G gallery images, D width of a feature.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InputError
from ..features import DISTRACTOR, JUNK, UNKNOWN_CAMERA, FeatureTable
from ..progress import Progress
from ..ranking import NearestLists, Space, scan_pairs
from .thresholds import Thresholds

Kind = Literal["same", "other", "unknown"]


@dataclass(frozen=True, slots=True)
class Decision:
    """What is decided for one picture."""

    kind: Kind
    """`same`: it shows `identity`; `other`: nobody of the gallery; `unknown`: too close to call."""
    identity: int
    """Of the nearest gallery image, whatever was decided."""
    row: int
    """The nearest image's row in the gallery's table."""
    distance: float
    probability: float
    """That this pair, taken by itself, shows one person."""


class Decider:
    """Decides for one feature after the other, as a stream needs it.

    >>> gallery = FeatureTable.of([[1, 0], [0, 1]], identity=[7, 8], camera=[1, 1], split=[1, 1])
    >>> from vtbr_eval.decisions.thresholds import Threshold
    >>> same, other = (Threshold(rate=r, distance=d, measured=r, interval=(0, 1)) for r, d in [(.01, .2), (.05, .6)])
    >>> thresholds = Thresholds(distance="cosine", same=(same,), other=(other,), cameras={},
    ...     probability=((0, 3), (1, -3)), model=None, counts={"people": 2})
    >>> decide = Decider(gallery, thresholds)
    >>> decide([0.9, 0.1]).kind, decide([0.9, 0.1]).identity, decide([-1, 0]).kind
    ('same', 7, 'other')
    """

    def __init__(
        self,
        gallery: FeatureTable,
        thresholds: Thresholds,
        *,
        fpr: float | None = None,
        fnir: float | None = None,
        prior: float = 0.5,
    ) -> None:
        check_model(thresholds, gallery)
        if not 0 < prior < 1:
            raise InputError(f"the prior is a probability between 0 and 1, not {prior}")
        self.table, self.thresholds, self.fpr, self.prior = gallery, thresholds, fpr, prior
        self._other = thresholds.other_at(fnir).distance
        thresholds.same_at(fpr)
        self._rows = np.flatnonzero(gallery.identity != JUNK)
        if not self._rows.size:
            raise InputError(f"{gallery.name}: holds no gallery image that is not junk")
        self._vectors: NDArray[np.floating[Any]] = np.asarray(gallery.features[self._rows], np.float32)
        if thresholds.distance == "cosine":
            self._vectors = self._vectors / np.maximum(_lengths(self._vectors), np.finfo(np.float32).tiny)
        self._squares = np.square(self._vectors, dtype=np.float64).sum(axis=1)

    def __call__(self, feature: ArrayLike, camera: int = UNKNOWN_CAMERA) -> Decision:
        """Returns the decision for one feature (D,); raises `InputError` for another width, NaN and zeros."""
        vector = np.asarray(feature, np.float64).ravel()
        if len(vector) != self._vectors.shape[1]:
            raise InputError(f"the feature is {len(vector):,} wide, the gallery's {self._vectors.shape[1]:,}")
        if not np.isfinite(vector).all() or not vector.any():
            raise InputError(
                "the feature is all zeros or holds NaN or infinity: look at that image and the model"
            )
        if self.thresholds.distance == "cosine":
            vector = vector / np.sqrt(np.square(vector).sum())
        squared = self._squares - 2 * (self._vectors @ vector.astype(np.float32)) + np.square(vector).sum()
        near = int(np.argmin(squared))
        gap = np.square(self._vectors[near].astype(np.float64) - vector).sum()
        distance = gap / 2 if self.thresholds.distance == "cosine" else np.sqrt(gap)
        return self.decided(int(self._rows[near]), float(distance), camera)

    def decided(self, row: int, distance: float, camera: int = UNKNOWN_CAMERA) -> Decision:
        """Returns the decision for a query of this camera whose nearest gallery image is known."""
        cameras = (camera, int(self.table.camera[row]))
        same = self.thresholds.same_at(self.fpr, cameras).distance
        identity = int(self.table.identity[row])
        kind: Kind = "unknown"
        if distance < same and identity != DISTRACTOR:
            kind = "same"
        elif distance < same or distance > self._other:
            kind = "other"  # near a distractor: it is somebody, but nobody of the gallery
        return Decision(kind, identity, row, distance, self.thresholds.probability_of(distance, self.prior))


def decide_all(
    queries: FeatureTable, decider: Decider, progress: Progress | None = None
) -> Iterator[tuple[int, Decision]]:
    """Yields each query's row and decision; exact, in blocks, whatever the size of the gallery.

    Junk queries are decided too. Raises `InputError` for features of another width or model.
    """
    gallery = decider.table
    check_model(decider.thresholds, queries)
    widths = queries.features.shape[1], gallery.features.shape[1]
    if widths[0] != widths[1]:
        raise InputError(
            f"{queries.name} and {gallery.name} are {widths[0]:,} and {widths[1]:,} wide: extract both with one model"
        )
    count = len(queries)
    both = FeatureTable.of(
        np.concatenate([queries.features, gallery.features]),
        identity=np.concatenate([queries.identity, gallery.identity]),
        camera=np.concatenate([queries.camera, gallery.camera]),
        split=np.concatenate([queries.split, gallery.split]),
    )
    space = Space(both, decider.thresholds.distance)
    rows = count + np.flatnonzero(gallery.identity != JUNK)
    for batch in scan_pairs(space, np.arange(count), rows, doing="deciding", progress=progress):
        lists = NearestLists(batch, 1)
        batch.visit(lists.take)
        offset = space.offsets(space.points(batch.query))
        for i, (position, nearness) in enumerate(lists.decided()):
            query = int(batch.query[i])
            distance = float(space.distances(nearness, offset[i])[0])
            row = int(rows[position[0]]) - count
            yield query, decider.decided(row, distance, int(queries.camera[query]))


def summarised(
    queries: FeatureTable, gallery: FeatureTable, decisions: Iterable[tuple[int, Decision]]
) -> dict[str, Any]:
    """Counts the decisions and, where the queries' people are known, how many are right.

    `recall` is the share of the queries whose person is in the gallery that are `same` with the right
    person; `false_same` the share of the others that are `same`; `unknown_people_recall` the share of
    the others that are not.
    """
    people = set(gallery.identity[gallery.identity > DISTRACTOR].tolist())
    counts = {"same": 0, "other": 0, "unknown": 0}
    known = right = strangers = wrong = 0
    for row, decision in decisions:
        counts[decision.kind] += 1
        identity = int(queries.identity[row])
        is_same = decision.kind == "same"
        if identity in people:
            known += 1
            right += is_same and decision.identity == identity
        elif identity != JUNK:
            strangers += 1
            wrong += is_same
    found: dict[str, Any] = {
        "decisions": counts,
        "queries_in_gallery": known,
        "queries_not_in_gallery": strangers,
    }
    found["recall"] = right / known if known else None
    found["false_same"] = wrong / strangers if strangers else None
    found["unknown_people_recall"] = 1 - wrong / strangers if strangers else None
    return found


def check_model(thresholds: Thresholds, table: FeatureTable) -> None:
    """Raises `InputError` where features and thresholds are known to come from two models."""
    model = table.metadata.get("model")
    fingerprint = model.get("fingerprint") if isinstance(model, dict) else None
    if thresholds.model and fingerprint and thresholds.model != fingerprint:
        raise InputError(
            f"{table.name} comes from the model {fingerprint:.8}..., the thresholds from {thresholds.model:.8}...: "
            "thresholds hold for one model only, calibrate again"
        )


def _lengths(vectors: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
    length: NDArray[np.floating[Any]] = np.sqrt(np.square(vectors).sum(axis=1, keepdims=True))
    return length
