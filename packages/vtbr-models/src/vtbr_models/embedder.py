"""The embedder: a backbone that tells people apart (Luo et al., "Bag of Tricks", CVPRW 2019).

Legend: B images, C channels, h w pixels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from einops import reduce
from torch import Tensor, nn

if TYPE_CHECKING:
    from vtbr_models.backbones import Backbone

_CLASSIFIER_STD = 0.001  # as the authors' code initialises it


class Embedder(nn.Module):
    """Backbone, average pooling, BNNeck and, for training, a classifier of identities.

    The neck is a batch norm whose shift stays 0: the triplet and centre losses see the feature
    before it, the identity loss and the test see the one after it (section 3.6 there).
    `classifier` is None where `num_classes` is None or 0.
    """

    def __init__(self, visual: Backbone, num_classes: int | None = None) -> None:
        super().__init__()
        self.visual = visual
        self.neck = nn.BatchNorm1d(visual.width)
        self.neck.bias.requires_grad_(False)
        self.classifier = nn.Linear(visual.width, num_classes, bias=False) if num_classes else None
        if self.classifier is not None:
            nn.init.normal_(self.classifier.weight, std=_CLASSIFIER_STD)
        self.architecture: dict[str, Any] = {
            "model": "embedder",
            "visual": visual.architecture,
            "num_classes": num_classes or None,
        }

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Features (B, C) of images (B, 3, h, w): as pooled, and after the neck."""
        pooled = pool(self.visual(images))
        return pooled, self.neck(pooled)

    def classify(self, neck_features: Tensor) -> Tensor:
        """Scores (B, num_classes) from the features after the neck (B, C)."""
        assert self.classifier is not None, "this embedder was built without classes"
        scores: Tensor = self.classifier(neck_features)
        return scores


def pool(grid: Tensor) -> Tensor:
    """Mean over the cells of a feature map (B, C, gh, gw): (B, C)."""
    return reduce(grid, "b c gh gw -> b c", "mean")
