"""Re-ID scores of the model in training on test sets, its own domain's or others'."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any

import numpy as np
from torchvision.utils import make_grid

from vtbr_data.training import BatchIndices, IdentityImages, Plain, Samples, batches_in_order, load_batches
from vtbr_eval.evaluation import evaluate
from vtbr_eval.features import GALLERY, QUERY, FeatureTable
from vtbr_models.inference import embed, inference_mode

from ..run import visible
from ..settings import made_from
from .scored_sets import ScoredSet, table_of

if TYPE_CHECKING:
    from vtbr_models.embedder import Embedder

    from ..engine import Hardware
    from .identity_data import IdentityDataConfig

MEASURES = ("mAP", "rank-1")
_BATCH_SIZE = 128
_SHOWN_QUERIES, _SHOWN_RANKS = 8, 8


def score_all(
    model: Embedder, tests: Sequence[ScoredSet], data: IdentityDataConfig, hardware: Hardware
) -> dict[str, float]:
    """Compute mAP and rank-1 on each test set, in [0, 1]; the model is in evaluation mode.

    The features are those of `vtbr-models extract`: what the model's `embed` gives, averaged with the mirrored
    image's.
    """
    scores: dict[str, float] = {}
    for test in tests:
        found = evaluate(_features(model, test, data, hardware), test.protocol, bootstrap=0)
        measures = found.measures(ranks=(1,))
        scores |= {f"{test.prefix}{name}": measures[name] for name in MEASURES}
    return scores


def show_ranked(
    model: Embedder, test: ScoredSet, data: IdentityDataConfig, hardware: Hardware, writer: Any, step: int
) -> None:
    """Show a few queries, each before its nearest gallery images, as one picture for TensorBoard."""
    table = _features(model, test, data, hardware)
    unit = table.features / np.linalg.norm(table.features, axis=1, keepdims=True).clip(1e-12)
    queries, gallery = (np.flatnonzero(table.split == split) for split in (QUERY, GALLERY))
    queries = queries[:: max(1, len(queries) // _SHOWN_QUERIES)][:_SHOWN_QUERIES]
    nearest = gallery[(-unit[queries] @ unit[gallery].T).argsort(axis=1, kind="stable")[:, :_SHOWN_RANKS]]
    shown = np.concatenate([queries[:, None], nearest], axis=1).ravel()
    order = [BatchIndices(shown, np.zeros(len(shown), dtype=np.uint64))]
    batch = next(load_batches(_images(test.samples, data), order, workers=0))
    pictures = visible(batch.images)
    writer.add_image(f"{test.prefix}ranked", make_grid(pictures, nrow=1 + nearest.shape[1]), step)


def _features(model: Embedder, test: ScoredSet, data: IdentityDataConfig, hardware: Hardware) -> FeatureTable:
    order = batches_in_order(len(test.samples), _BATCH_SIZE)
    features = []
    batches = load_batches(_images(test.samples, data), order, workers=data.workers, device=hardware.device)
    with closing(batches):
        for batch in batches:
            with inference_mode(hardware.device, hardware.precision):
                features.append(embed(model, hardware.images(batch.images), flip=True).cpu().numpy())
    return table_of(test, np.concatenate(features))


def _images(samples: Samples, data: IdentityDataConfig) -> IdentityImages:
    return IdentityImages(samples, {row.identity: 0 for row in samples.rows}, made_from(data, Plain))
