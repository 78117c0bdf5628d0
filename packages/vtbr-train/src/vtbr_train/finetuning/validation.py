"""Re-ID scores of the model in training on test sets, its own domain's or others'."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from torchvision.utils import make_grid

from vtbr_data.training import BatchIndices, IdentityImages, Plain, Samples, batches_in_order, load_batches
from vtbr_eval.evaluation import evaluate
from vtbr_eval.features import FeatureTable, PathList
from vtbr_eval.protocol import Protocol

from ..errors import InputError
from ..inputs import all_samples, check_first_picture
from ..run.tensorboard import visible

if TYPE_CHECKING:
    from vtbr_data.manifest import Manifest
    from vtbr_models.embedder import Embedder

    from ..engine.hardware import Hardware
    from .identity_data import IdentityDataConfig

MEASURES = ("mAP", "rank-1")
_SPLIT = {"query": 0, "gallery": 1}
_BATCH_SIZE = 128
_SHOWN_QUERIES, _SHOWN_RANKS = 8, 8


class TestSet(NamedTuple):
    """A manifest with query and gallery; the names of its scores begin with `prefix`."""

    prefix: str
    manifest: Manifest


def can_score(manifest: Manifest) -> bool:
    """Whether the manifest has both query and gallery images."""
    return set(_SPLIT) <= {row.split for row in manifest.rows}


def check_test(test: TestSet) -> None:
    """Raises `InputError` for what would be found out at the first validation only."""
    if not can_score(test.manifest):
        missing = min(set(_SPLIT) - {row.split for row in test.manifest.rows})
        raise InputError(f"test set {test.manifest.name} has no image with split {missing}: nothing to score")
    check_first_picture(test.manifest, _scored(test.manifest))


def score_all(
    model: Embedder, tests: Sequence[TestSet], data: IdentityDataConfig, hardware: Hardware
) -> dict[str, float]:
    """mAP and rank-1 on each test set, in [0, 1]; the model is in evaluation mode.

    Features after the neck, cosine distance, Market-1501 protocol. Raises `InputError` for a test set that
    cannot be scored.
    """
    scores: dict[str, float] = {}
    for prefix, manifest in tests:
        try:
            found = evaluate(_features(model, manifest, data, hardware), Protocol(), bootstrap=0)
        except ValueError as error:
            raise InputError(f"{manifest.name} cannot be scored: {error}") from error
        measures = found.measures(ranks=(1,))
        scores |= {f"{prefix}{name}": measures[name] for name in MEASURES}
    return scores


def show_ranked(
    model: Embedder, test: TestSet, data: IdentityDataConfig, hardware: Hardware, writer: Any, step: int
) -> None:
    """A few queries, each before its nearest gallery images, as one picture for TensorBoard."""
    table = _features(model, test.manifest, data, hardware)
    unit = table.features / np.linalg.norm(table.features, axis=1, keepdims=True).clip(1e-12)
    queries, gallery = (np.flatnonzero(table.split == split) for split in _SPLIT.values())
    queries = queries[:: max(1, len(queries) // _SHOWN_QUERIES)][:_SHOWN_QUERIES]
    nearest = gallery[(-unit[queries] @ unit[gallery].T).argsort(axis=1, kind="stable")[:, :_SHOWN_RANKS]]
    shown = np.concatenate([queries[:, None], nearest], axis=1).ravel()
    order = [BatchIndices(shown, np.zeros(len(shown), dtype=np.uint64))]
    batch = next(load_batches(_images(test.manifest, data), order, workers=0))
    pictures = visible(batch.images)
    writer.add_image(f"{test.prefix}ranked", make_grid(pictures, nrow=1 + nearest.shape[1]), step)


def _features(
    model: Embedder, manifest: Manifest, data: IdentityDataConfig, hardware: Hardware
) -> FeatureTable:
    images = _images(manifest, data)
    rows = images.samples.rows
    order = batches_in_order(len(rows), _BATCH_SIZE)
    features = []
    for batch in load_batches(images, order, workers=data.workers, device=hardware.device):
        with hardware.autocast():
            features.append(model(hardware.images(batch.images))[1].float().cpu().numpy())
    return FeatureTable(
        features=np.concatenate(features),
        identity=np.array([row.identity for row in rows]),
        camera=np.array([row.camera for row in rows]),
        split=np.array([_SPLIT[row.split] for row in rows], dtype=np.uint8),
        path=PathList.of(row.path for row in rows),
    )


def _images(manifest: Manifest, data: IdentityDataConfig) -> IdentityImages:
    samples = _scored(manifest)
    plain = Plain(height=data.height, width=data.width)
    return IdentityImages(samples, {row.identity: 0 for row in samples.rows}, plain)


def _scored(manifest: Manifest) -> Samples:
    return all_samples(manifest, lambda row: row.split in _SPLIT)
