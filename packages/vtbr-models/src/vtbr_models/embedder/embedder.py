"""The embedder: a backbone that tells people apart (Luo et al., "Bag of Tricks", CVPRW 2019).

Legend: B images, C channels, D width of a feature, h w pixels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch import Tensor, nn
from torch.nn import functional

from ..errors import InputError
from .pooling import POOLINGS, Pooling

if TYPE_CHECKING:
    from ..backbones import Backbone

_CLASSIFIER_STD = 0.001  # as the authors' code initialises it


class Embedder(nn.Module):
    """Backbone, pooling, BNNeck and, for training, a classifier of identities.

    The neck is a batch norm whose shift stays 0: the triplet and centre losses see the feature
    before it, the identity loss and the test see the one after it (section 3.6 there).
    `classifier` is None where `num_classes` is None or 0.

    `pooling` is a name in `POOLINGS`; `reduction` maps what is pooled linearly to that many numbers;
    `feature` says which one `embed` gives, that of the `neck` or the one `before` it. With `activation` `relu`
    what is below 0 after the neck counts as 0, as in torchreid's networks.
    Raises InputError for anything else.
    """

    pooling: Pooling
    reduction: nn.Linear

    def __init__(
        self,
        visual: Backbone,
        num_classes: int | None = None,
        *,
        pooling: str = "average",
        reduction: int | None = None,
        feature: str = "neck",
        activation: str | None = None,
    ) -> None:
        super().__init__()
        _check(pooling, reduction, feature, activation)
        self.visual = visual
        self.feature, self.is_rectified = feature, activation == "relu"
        self.pooling = POOLINGS[pooling]()
        pooled_width = self.pooling.num_parts * visual.width
        self.feature_width, self.is_reduced = reduction or pooled_width, reduction is not None
        if reduction is not None:
            self.reduction = nn.Linear(pooled_width, reduction, bias=False)
            nn.init.kaiming_normal_(self.reduction.weight)
        self.neck = nn.BatchNorm1d(self.feature_width)
        self.neck.bias.requires_grad_(False)
        self.classifier = nn.Linear(self.feature_width, num_classes, bias=False) if num_classes else None
        if self.classifier is not None:
            nn.init.normal_(self.classifier.weight, std=_CLASSIFIER_STD)
        self.architecture: dict[str, Any] = {
            "model": "embedder",
            "visual": visual.architecture,
            "num_classes": num_classes or None,
            **({} if pooling == "average" else {"pooling": pooling}),
            **({} if reduction is None else {"reduction": reduction}),
            **({} if feature == "neck" else {"feature": feature}),
            **({} if activation is None else {"activation": activation}),
        }

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Return features (B, D) of images (B, 3, h, w): as pooled (and reduced), and after the neck."""
        pooled = self.pooling(self.visual(images))
        if self.is_reduced:
            pooled = self.reduction(pooled)
        normed = self.neck(pooled)
        return pooled, functional.relu(normed) if self.is_rectified else normed

    def embed(self, images: Tensor) -> Tensor:
        """Return what people are compared by: the feature (B, D) of images (B, 3, h, w); D is
        `feature_width`.
        """
        before, after = self(images)
        feature: Tensor = before if self.feature == "before" else after
        return feature


def _check(pooling: object, reduction: object, feature: object, activation: object) -> None:
    if pooling not in POOLINGS:
        raise InputError(f"architecture.pooling must be one of {', '.join(POOLINGS)}, not {pooling!r}")
    if reduction is not None and (type(reduction) is not int or reduction < 1):
        raise InputError(f"architecture.reduction must be a width or null, not {reduction!r}")
    if feature not in ("neck", "before"):
        raise InputError(f"architecture.feature must be neck or before, not {feature!r}")
    if activation not in (None, "relu"):
        raise InputError(f"architecture.activation must be relu or null, not {activation!r}")
