"""Losses of Re-ID fine-tuning.

B images, C feature width, I identities.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional


@dataclass(frozen=True, kw_only=True, slots=True)
class IdentityLossConfig:
    """Identity, triplet and centre loss."""

    label_smoothing: float = 0.1
    triplet_margin: float | None = 0.3
    """null is the soft margin."""
    centre_weight: float = 5e-4
    centre_learning_rate: float = 0.5

    def __post_init__(self) -> None:
        if not 0 <= self.label_smoothing < 1:
            raise ValueError(f"label_smoothing must be in [0, 1), not {self.label_smoothing}")
        if self.centre_weight < 0 or self.centre_learning_rate < 0:
            raise ValueError("centre_weight and centre_learning_rate must be at least 0")


class IdentityLosses(nn.Module):
    """Identity, triplet and centre loss, and their weighted sum."""

    def __init__(self, config: IdentityLossConfig, num_classes: int, width: int) -> None:
        super().__init__()
        self.config = config
        self.centres = Centres(num_classes, width)

    def forward(self, pooled: Tensor, logits: Tensor, classes: Tensor) -> dict[str, Tensor]:
        """The losses of features before the neck (B, C) and logits (B, I) for classes (B,).

        `loss` is their sum.
        """
        identity = identity_loss(logits, classes, self.config.label_smoothing)
        triplet = batch_hard_triplet_loss(pooled, classes, self.config.triplet_margin)
        centre = self.centres(pooled, classes)
        total = identity + triplet + self.config.centre_weight * centre
        return {"loss": total, "identity_loss": identity, "triplet_loss": triplet, "centre_loss": centre}


def identity_loss(logits: Tensor, classes: Tensor, label_smoothing: float) -> Tensor:
    """Cross-entropy of logits (B, I) against classes (B,) with smoothed labels, averaged over the batch.

    The true class gets 1 - s + s / I, each other s / I (Szegedy et al., CVPR 2016).
    """
    return functional.cross_entropy(logits.float(), classes, label_smoothing=label_smoothing)


def batch_hard_triplet_loss(features: Tensor, classes: Tensor, margin: float | None) -> Tensor:
    """Each image's farthest positive must be nearer than its nearest negative.

    Hermans et al., "In Defense of the Triplet Loss" (arXiv 1703.07737). Features (B, C), Euclidean distance;
    `margin` None is the soft margin, log(1 + exp(positive - negative)). The mean over the batch; images
    without a positive or a negative in it are left out.
    """
    distance = pairwise_distance(features.float())
    is_same = classes[:, None] == classes[None, :]
    is_self = torch.eye(len(classes), dtype=torch.bool, device=classes.device)
    farthest_positive = distance.masked_fill(~is_same | is_self, -1.0).amax(dim=1)
    nearest_negative = distance.masked_fill(is_same, torch.inf).amin(dim=1)
    is_anchor = (farthest_positive >= 0) & torch.isfinite(nearest_negative)
    gap = (farthest_positive - nearest_negative)[is_anchor]
    loss = functional.softplus(gap) if margin is None else functional.relu(gap + margin)
    return loss.mean() if len(loss) else features.sum() * 0.0


def pairwise_distance(features: Tensor) -> Tensor:
    """Euclidean distances (B, B) between rows of features (B, C).

    The gradient at distance 0 is 0, not NaN.
    """
    square = features.square().sum(dim=1)
    squared_distance = square[:, None] + square[None, :] - 2 * features @ features.T
    return squared_distance.clamp(min=1e-12).sqrt()


class Centres(nn.Module):
    """Centre loss.

    One learnt centre an identity, pulled to and pulling its features (Wen et al., ECCV 2016).
    """

    def __init__(self, num_classes: int, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(num_classes, width))

    def forward(self, features: Tensor, classes: Tensor) -> Tensor:
        """Mean squared distance of features (B, C) to the centres of their classes (B,)."""
        return (features.float() - self.weight[classes]).square().sum(dim=1).mean()
