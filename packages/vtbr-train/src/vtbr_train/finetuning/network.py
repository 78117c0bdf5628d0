"""The embedder that a run trains: built as configured, its backbone taken from a checkpoint, beside its losses."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

from vtbr_models.checkpoint import build_model, load_backbone, read_metadata
from vtbr_models.embedder import Embedder

from ..errors import InputError
from .distillation import distillation_loss

if TYPE_CHECKING:
    from .config import FinetuneConfig
    from .joint import JointCaptions
    from .losses import IdentityLosses


class EmbedderWithLosses(nn.Module):
    """An embedder and its losses as one module: what processes share the gradients of.

    With `joint` the losses of its captions, `caption_weight` times, are added to those of identities.
    """

    def __init__(
        self,
        model: Embedder,
        criterion: IdentityLosses,
        joint: JointCaptions | None = None,
        caption_weight: float = 1.0,
    ) -> None:
        super().__init__()
        self.model, self.criterion = model, criterion
        self._joint, self._caption_weight = joint, caption_weight
        if joint is not None:
            self.captioner = joint.captioner

    def forward(
        self,
        images: Tensor,
        classes: Tensor,
        captioned: Mapping[str, Any] | None = None,
        taught: Tensor | None = None,
    ) -> dict[str, Tensor]:
        """Return the losses of images (B, 3, h, w) of classes (B,); those behind the first B have captions.

        `taught` (B, T) are a teacher's features of the same images, None without one.
        """
        pooled, normed = self.model(images[: len(classes)])
        assert self.model.classifier is not None
        losses: dict[str, Tensor] = self.criterion(pooled, normed, self.model.classifier.weight, classes)
        if taught is not None:
            config = self.criterion.config
            given = pooled if self.model.feature == "before" else normed
            distillation = distillation_loss(given, taught, config.distillation_by)
            total = losses["loss"] + config.distillation * distillation
            losses = {**losses, "loss": total, "distillation_loss": distillation}
        if self._joint is None or captioned is None:
            return losses
        said = self._joint.losses(images[len(classes) :], captioned)
        caption_loss = said.pop("loss")
        total = losses["loss"] + self._caption_weight * caption_loss
        return {**losses, "loss": total, "caption_loss": caption_loss, **said}


def build_embedder(config: FinetuneConfig, init: Path | None, num_classes: int) -> Embedder:
    """Build the embedder of a run, its backbone from checkpoint `init` or with random weights.

    Raises `InputError` for a checkpoint of another backbone.
    """
    name = config.backbone
    if name is None:
        name = "resnet50" if init is None else _backbone_of(init)
    visual = {"name": name, "last_stride": config.last_stride}
    model = build_model(
        {
            "model": "embedder",
            "visual": visual,
            "num_classes": num_classes,
            "pooling": config.pooling,
            "reduction": config.reduction,
            "feature": config.feature,
        }
    )
    assert isinstance(model, Embedder)
    if init is not None and config.backbone is not None and config.backbone != _backbone_of(init, name):
        raise InputError(
            f"--init {init} has the backbone {_backbone_of(init)}, the settings ask for {name}: add --set "
            "backbone=null to take that of --init"
        )
    if init is not None:
        load_backbone(model, init)
    return model


def _backbone_of(init: Path, unnamed: str | None = None) -> str:
    """Return the name of a checkpoint's backbone; `unnamed` where it says none, as torchvision's do."""
    name = (read_metadata(init).get("architecture") or {}).get("visual", {}).get("name", unnamed)
    if name is None:
        raise InputError(f"--init {init} does not say which backbone it is: add --set backbone=NAME")
    return str(name)
