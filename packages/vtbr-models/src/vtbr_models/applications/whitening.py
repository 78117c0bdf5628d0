"""Whitened features of an embedder: what differs between pictures of one person counts less.

Legend: B images, P people, D width of a feature, W width of the whitened one.
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..checkpoint import load_checkpoint, save_checkpoint
from ..embedder import Embedder
from ..errors import InputError
from ..files import Manifest, Row
from ..inference import InferenceConfig, Session, Views, in_batches, torch_network

DEFAULT_WIDTH = 512
_SHRINKAGE = 3.0  # mean variances within people, added to each variance (docs/lab-notes.md)


@dataclass(frozen=True, slots=True)
class Whitened:
    """What features were whitened by, and how wide they are."""

    num_images: int
    num_people: int
    width: int


def whiten(
    checkpoint: str | os.PathLike[str],
    output: str | os.PathLike[str],
    manifest: Manifest,
    *,
    width: int | None = None,
    config: InferenceConfig | None = None,
) -> Whitened:
    """Write the embedder of `checkpoint` to `output` with features of `width` numbers (512, or D if that is less).

    With C the covariance of features x (averaged with the mirrored picture's) within the known people of split
    `train`, s three times its mean variance and m the mean of all, x becomes U' (C + s I)^-1/2 (x - m), where U
    are the directions in which the means of people then differ most (Mikolajczyk and Matas, "Improving
    Descriptors for Fast Tree Matching by Optimal Linear Projection", ICCV 2007). The map is the embedder's
    `reduction` and neck, so whatever loads embedders loads it. However many
    pictures there are, about six matrices (D, D) of float64 are held: 0.2 GB for 2,048 numbers, 13 GB for 16,384.

    Raises InputError for a captioner, an embedder with a classifier or a rectified neck, a manifest without
    enough people of two pictures or more in split `train`, and a width that there are not enough people for.
    """
    session = Session(checkpoint, config or InferenceConfig(precision="float32"))
    model = session.model
    if not isinstance(model, Embedder):
        raise InputError("a captioner has no features to whiten: give a checkpoint of `vtbr-train finetune`")
    if model.classifier is not None:
        raise InputError("a classifier does not fit whitened features: leave it out by --drop-classifier")
    if model.is_rectified:
        raise InputError("features whose neck is rectified cannot be whitened: leave --whiten out")
    rows = _known(manifest)
    width = min(DEFAULT_WIDTH, model.feature_width) if width is None else width
    num_people = len({row.identity for row in rows})
    if width > model.feature_width:
        raise InputError(f"--width {width}: features have {model.feature_width} numbers: give no more")
    if width >= num_people:
        raise InputError(
            f"--width {width} needs more than {width} people with two pictures or more in split train, and "
            f"{manifest.name} has {num_people}: give a smaller --width, or more people"
        )
    mean, projection = _projection(_moments(session, model, manifest.root, rows), width)
    whole = load_checkpoint(checkpoint)  # for computing, norms were folded into convolutions
    assert isinstance(whole.model, Embedder)
    save_checkpoint(output, _projected(whole.model, mean, projection), whole.metadata)
    return Whitened(len(rows), num_people, width)


def _known(manifest: Manifest) -> list[Row]:
    """Return the rows of split `train` of people with two pictures or more."""
    rows = [row for row in manifest.rows if row.split == "train" and row.identity > 0]
    count = Counter(row.identity for row in rows)
    return [row for row in rows if count[row.identity] > 1]


class _Moments(NamedTuple):
    """Sums over features (D) of people."""

    counts: NDArray[np.float64]
    """Images of each person (P)."""
    sums: NDArray[np.float64]
    """Features of each person, added (P, D)."""
    products: NDArray[np.float64]
    """Of all features x the sum of x x' (D, D)."""


def _moments(session: Session, model: Embedder, root: Path, rows: list[Row]) -> _Moments:
    """Compute features batch by batch; no more than their sums is held."""
    people, person = np.unique([row.identity for row in rows], return_inverse=True)
    sums = np.zeros((len(people), model.feature_width))
    products = np.zeros((model.feature_width, model.feature_width))
    views = Views(session.preprocessing, flip=True, crops=1)
    network = torch_network(model, session.device, session.precision)
    paths = [root / row.path for row in rows]
    batches = in_batches(len(rows), session.config.batch_size)
    for batch in session.read(paths, batches, description="whitening"):
        for error in batch.errors.values():
            raise InputError(error)
        features = views.average(network, batch.images).cpu().numpy().astype(np.float64)
        np.add.at(sums, person[np.asarray(batch.indices)], features)
        products += features.T @ features
    return _Moments(np.bincount(person).astype(np.float64), sums, products)


def _projection(moments: _Moments, width: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the mean feature (D) and the projection (W, D)."""
    counts, sums, products = moments
    means = sums / counts[:, None]
    within = (products - means.T @ sums) / counts.sum()
    variances, directions = np.linalg.eigh(within)
    shrunk = variances.clip(0) + _SHRINKAGE * variances.mean()
    whitening = (directions / np.sqrt(shrunk)) @ directions.T
    spread = np.cov((means @ whitening).T)
    _, directions = np.linalg.eigh(spread)
    return sums.sum(axis=0) / counts.sum(), directions[:, ::-1][:, :width].T @ whitening


def _projected(model: Embedder, mean: NDArray[np.float64], projection: NDArray[np.float64]) -> Embedder:
    """Return the embedder with the projection (W, D) in its reduction, and the shift in its neck."""
    scale, shift = torch.ones_like(model.neck.weight), torch.zeros_like(model.neck.weight)
    neck = model.neck
    if model.feature == "neck":
        deviation = _buffer(neck.running_var).add(neck.eps).sqrt()
        scale = neck.weight.detach() / deviation
        shift = neck.bias.detach() - _buffer(neck.running_mean) * scale
    linear = torch.from_numpy(projection) * scale.double()
    if model.is_reduced:
        linear = linear @ model.reduction.weight.detach().double()
    whole = Embedder(
        model.visual, pooling=model.architecture.get("pooling", "average"), reduction=len(projection)
    ).eval()
    with torch.no_grad():
        whole.reduction.weight.copy_(linear)
        _buffer(whole.neck.running_mean).copy_(
            torch.from_numpy(projection) @ (torch.from_numpy(mean) - shift.double())
        )
        _buffer(whole.neck.running_var).fill_(1 - whole.neck.eps)
    return whole


def _buffer(tensor: Tensor | None) -> Tensor:
    assert tensor is not None
    return tensor
