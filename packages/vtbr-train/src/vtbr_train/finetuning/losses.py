"""Losses of Re-ID fine-tuning.

B images (of all processes, where features have been gathered), C feature width, I identities.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Literal, ParamSpec, TypeVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from vtbr_models.processes import gather

from ..settings import NotNegative, Positive, Settings, ShareBelow1

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


def in_float32(loss: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Make a loss compute in float32 under autocast, too.

    Autocast runs matrix products in bfloat16 even of float32 features: distances of near pairs cancel to 0
    and another negative is the hardest.
    """

    @functools.wraps(loss)
    def exact(*arguments: Parameters.args, **options: Parameters.kwargs) -> Result:
        with torch.autocast("cpu", enabled=False), torch.autocast("cuda", enabled=False):
            return loss(*arguments, **options)

    return exact


class IdentityLossConfig(Settings, frozen=True, kw_only=True):
    """Which losses are summed, and how they weigh."""

    identity: Literal["softmax", "arcface", "cosface", "none"] = "softmax"
    label_smoothing: ShareBelow1 = 0.1
    margin: float = 0.35
    """arcface: an angle in radians; cosface: a difference of cosines."""
    scale: Positive = 30.0
    """arcface, cosface: what cosines are multiplied by."""
    triplet: Literal["hard", "weighted", "none"] = "hard"
    triplet_margin: float | None = 0.3
    """null is the soft margin, which `weighted` always has."""
    circle_weight: NotNegative = 0.0
    circle_margin: float = 0.25
    circle_scale: Positive = 64.0
    centre_weight: NotNegative = 5e-4
    centre_learning_rate: NotNegative = 0.5
    distillation: NotNegative = 0.0
    """Weight of what is learnt from --teacher; 0 goes without one."""
    distillation_by: Literal["similarities", "features"] = "similarities"
    """Cosines between a batch's pictures, or each picture's feature, which must be as wide as the teacher's."""

    def __post_init__(self) -> None:
        weights = self.circle_weight + self.distillation
        if self.identity == "none" and self.triplet == "none" and weights == 0:
            raise ValueError(
                "identity, triplet, circle_weight and distillation are all off: nothing to learn from"
            )


class IdentityLosses(nn.Module):
    """The configured losses and their sum."""

    def __init__(self, config: IdentityLossConfig, num_classes: int, width: int) -> None:
        super().__init__()
        self.config = config
        self.centres = Centres(num_classes, width)
        self.centres.requires_grad_(config.centre_weight > 0)

    @in_float32
    def forward(self, pooled: Tensor, normed: Tensor, weight: Tensor, classes: Tensor) -> dict[str, Tensor]:
        """Compute the losses of features before and after the neck, each (B, C), for classes (B,).

        `weight` (I, C) is the classifier's. `loss` is the weighted sum; `accuracy` the share of images whose
        class scores highest.
        """
        config = self.config
        losses: dict[str, Tensor] = {}
        pooled, normed, weight = pooled.float(), normed.float(), weight.float()
        logits = functional.linear(normed, weight)
        if config.identity == "softmax":
            losses["identity_loss"] = identity_loss(logits, classes, config.label_smoothing)
        elif config.identity != "none":
            logits = cosines(normed, weight)
            margins = margin_logits(logits, classes, config.identity, config.margin) * config.scale
            losses["identity_loss"] = identity_loss(margins, classes, config.label_smoothing)
        features, labels = gather(pooled), gather(classes)  # triplets of the whole batch
        if config.triplet == "hard":
            losses["triplet_loss"] = batch_hard_triplet_loss(features, labels, config.triplet_margin)
        elif config.triplet == "weighted":
            losses["triplet_loss"] = weighted_triplet_loss(features, labels)
        if config.circle_weight:
            circle = circle_loss(features, labels, margin=config.circle_margin, scale=config.circle_scale)
            losses["circle_loss"] = circle
        if config.centre_weight:
            losses["centre_loss"] = self.centres(pooled, classes)
        weights = {"circle_loss": config.circle_weight, "centre_loss": config.centre_weight}
        weighed = [value * weights.get(name, 1.0) for name, value in losses.items()]
        total = torch.stack(weighed).sum() if weighed else pooled.new_zeros(())  # a teacher's loss may be all
        accuracy = (logits.detach().argmax(dim=1) == classes).float().mean()
        return {"loss": total, **losses, "accuracy": accuracy}


def identity_loss(logits: Tensor, classes: Tensor, label_smoothing: float) -> Tensor:
    """Return cross-entropy of logits (B, I) against classes (B,) with smoothed labels, averaged over the
    batch.

    The true class gets 1 - s + s / I, each other s / I (Szegedy et al., CVPR 2016).
    """
    return functional.cross_entropy(logits.float(), classes, label_smoothing=label_smoothing)


@in_float32
def cosines(features: Tensor, weight: Tensor) -> Tensor:
    """Return cosines (B, I) between features (B, C) and the classes' directions (I, C)."""
    return functional.linear(functional.normalize(features.float()), functional.normalize(weight.float()))


def margin_logits(cosine: Tensor, classes: Tensor, kind: str, margin: float) -> Tensor:
    """Return cosines (B, I) with the true class made harder to reach.

    arcface: cos(angle + margin) (Deng et al., CVPR 2019), continued as a straight line past the angle where it
    would turn; cosface: cos(angle) - margin (Wang et al., CVPR 2018).
    """
    own = cosine.gather(1, classes[:, None])
    if kind == "cosface":
        harder = own - margin
    else:
        sine = (1 - own.square()).clamp(min=1e-12).sqrt()
        harder = own * math.cos(margin) - sine * math.sin(margin)
        harder = torch.where(own > -math.cos(margin), harder, own - math.sin(margin) * margin)
    return cosine.scatter(1, classes[:, None], harder)


def batch_hard_triplet_loss(features: Tensor, classes: Tensor, margin: float | None) -> Tensor:
    """Return the batch-hard triplet loss: each image's farthest positive must be nearer than its nearest
    negative.

    Hermans et al., "In Defense of the Triplet Loss" (arXiv 1703.07737). Features (B, C), Euclidean distance;
    `margin` None is the soft margin, log(1 + exp(positive - negative)). The mean over the batch; images
    without a positive or a negative in it are left out.
    """
    distance, is_positive, is_negative, is_anchor = _pairs(features, classes)
    farthest_positive = distance.masked_fill(~is_positive, -1.0).amax(dim=1)
    nearest_negative = distance.masked_fill(~is_negative, torch.inf).amin(dim=1)
    gap = (farthest_positive - nearest_negative)[is_anchor]
    loss = functional.softplus(gap) if margin is None else functional.relu(gap + margin)
    return loss.mean() if len(loss) else features.sum() * 0.0


def weighted_triplet_loss(features: Tensor, classes: Tensor) -> Tensor:
    """Return the triplet loss of all positives and negatives, the far and the near ones weighing most, with a
    soft margin.

    The weighted regularised triplet of AGW (Ye et al., TPAMI 2021, equation 5): no margin to choose.
    """
    distance, is_positive, is_negative, is_anchor = _pairs(features, classes)
    pull = distance.masked_fill(~is_positive, -torch.inf)[is_anchor].softmax(dim=1)
    push = (-distance).masked_fill(~is_negative, -torch.inf)[is_anchor].softmax(dim=1)
    distance = distance[is_anchor]
    loss = functional.softplus((pull * distance).sum(dim=1) - (push * distance).sum(dim=1))
    return loss.mean() if len(loss) else features.sum() * 0.0


@in_float32
def circle_loss(features: Tensor, classes: Tensor, *, margin: float, scale: float) -> Tensor:
    """Return pairwise circle loss on cosines (Sun et al., CVPR 2020, equation 6), averaged over the anchors.

    Each similarity is pulled towards its optimum (1 + margin, -margin) the harder the farther it is away.
    """
    unit = functional.normalize(features.float())
    similarity = unit @ unit.T
    _, is_positive, is_negative, is_anchor = _pairs(features, classes)
    weight_positive = (1 + margin - similarity.detach()).clamp(min=0)
    weight_negative = (similarity.detach() + margin).clamp(min=0)
    positive = -scale * weight_positive * (similarity - (1 - margin))
    negative = scale * weight_negative * (similarity - margin)
    positive = positive.masked_fill(~is_positive, -torch.inf)[is_anchor].logsumexp(dim=1)
    negative = negative.masked_fill(~is_negative, -torch.inf)[is_anchor].logsumexp(dim=1)
    loss = functional.softplus(positive + negative)
    return loss.mean() if len(loss) else features.sum() * 0.0


@in_float32
def pairwise_distance(features: Tensor) -> Tensor:
    """Return Euclidean distances (B, B) between rows of features (B, C).

    The gradient at distance 0 is 0, not NaN.
    """
    features = features.float()
    features = features - features.detach().mean(dim=0)  # the same distances, of which fewer digits cancel
    square = features.square().sum(dim=1)
    squared_distance = square[:, None] + square[None, :] - 2 * features @ features.T
    return squared_distance.clamp(min=1e-12).sqrt()


def _pairs(features: Tensor, classes: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return distances, which pairs are positive, which negative, all (B, B), and who has both, (B,)."""
    is_same = classes[:, None] == classes[None, :]
    is_self = torch.eye(len(classes), dtype=torch.bool, device=classes.device)
    is_positive, is_negative = is_same & ~is_self, ~is_same
    is_anchor = is_positive.any(dim=1) & is_negative.any(dim=1)
    return pairwise_distance(features), is_positive, is_negative, is_anchor


class Centres(nn.Module):
    """Centre loss.

    One learnt centre an identity, pulled to and pulling its features (Wen et al., ECCV 2016).
    """

    def __init__(self, num_classes: int, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(num_classes, width))

    def forward(self, features: Tensor, classes: Tensor) -> Tensor:
        """Return mean squared distance of features (B, C) to the centres of their classes (B,)."""
        return (features.float() - self.weight[classes]).square().sum(dim=1).mean()
