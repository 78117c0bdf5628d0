"""Re-ID scores of the model in training, on its own manifest's query and gallery."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from vtbr_data.training import IdentityImages, Plain, draws_in_order, load_batches
from vtbr_eval.evaluation import evaluate
from vtbr_eval.features import FeatureTable
from vtbr_eval.paths import PathList
from vtbr_eval.protocol import Protocol

from .inputs import all_samples

if TYPE_CHECKING:
    from vtbr_data.manifest import Manifest
    from vtbr_models.embedder import Embedder

    from .hardware import Hardware
    from .identity_data import IdentityDataConfig

BATCH_SIZE = 128

_SPLIT = {"query": 0, "gallery": 1}


def can_score(manifest: Manifest) -> bool:
    """Whether the manifest has both query and gallery images."""
    return set(_SPLIT) <= {row.split for row in manifest.rows}


@torch.no_grad()
def score(
    model: Embedder, manifest: Manifest, data: IdentityDataConfig, hardware: Hardware
) -> dict[str, float]:
    """mAP and rank-1 of the features after the neck, cosine distance, Market-1501 protocol; in [0, 1]."""
    samples = all_samples(manifest, lambda row: row.split in _SPLIT)
    rows = samples.rows
    plain = Plain(height=data.height, width=data.width)
    images = IdentityImages(samples, {row.identity: 0 for row in rows}, plain)
    order = draws_in_order(len(rows), BATCH_SIZE)
    model.eval()
    features = []
    for batch in load_batches(images, order, workers=data.workers, device=hardware.device):
        with hardware.autocast():
            features.append(model(hardware.images(batch.images))[1].float().cpu().numpy())
    model.train()
    table = FeatureTable(
        features=np.concatenate(features),
        identity=np.array([row.identity for row in rows]),
        camera=np.array([row.camera for row in rows]),
        split=np.array([_SPLIT[row.split] for row in rows], dtype=np.uint8),
        path=PathList.of(row.path for row in rows),
    )
    measures = evaluate(table, Protocol(), bootstrap=0).measures(ranks=(1,))
    return {"mAP": measures["mAP"], "rank-1": measures["rank-1"]}
