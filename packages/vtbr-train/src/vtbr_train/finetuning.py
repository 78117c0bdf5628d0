"""Fine-tuning for Re-ID: the strong baseline of Luo et al., "Bag of Tricks" (CVPRW 2019)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from vtbr_data.training import IdentityBatch
from vtbr_models.architecture import build_model
from vtbr_models.checkpoint import load_backbone, read_metadata, save_checkpoint
from vtbr_models.embedder import Embedder

from .hardware import DeviceChoice, Hardware, PrecisionChoice, pick_hardware
from .identity_data import IdentityDataConfig, batch_size, training_batches, training_images
from .identity_optimizer import AdamConfig, IdentityOptimizer
from .inputs import checkpoint_metadata
from .losses import IdentityLossConfig, IdentityLosses
from .run import Run
from .settings import to_values
from .state import Stateful
from .validation import can_score, score

if TYPE_CHECKING:
    from vtbr_data.manifest import Manifest


@dataclass(frozen=True, kw_only=True, slots=True)
class FinetuneConfig:
    """Everything about a fine-tuning run; the defaults are the published strong baseline."""

    epochs: int = 120
    """An epoch is as many batches as hold each training image once."""
    backbone: str | None = None
    """Null takes that of --init (resnet50 from scratch)."""
    last_stride: int = 1
    seed: int = 0
    device: DeviceChoice = "auto"
    precision: PrecisionChoice = "auto"
    log_every: int = 20
    validate_every_epochs: int = 10
    """Scores the manifest's query and gallery, and saves."""
    data: IdentityDataConfig = field(default_factory=IdentityDataConfig)
    loss: IdentityLossConfig = field(default_factory=IdentityLossConfig)
    optimizer: AdamConfig = field(default_factory=AdamConfig)

    def __post_init__(self) -> None:
        for name in ("epochs", "log_every", "validate_every_epochs"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, not {getattr(self, name)}")
        if self.last_stride not in {1, 2}:
            raise ValueError(f"last_stride must be 1 or 2, not {self.last_stride}")
        if self.seed < 0:
            raise ValueError(f"seed must be at least 0, not {self.seed}")


def finetune(
    config: FinetuneConfig,
    manifest: Manifest,
    folder: Path,
    *,
    init: Path | None = None,
    resume: bool = False,
) -> dict[str, Any]:
    """Train an embedder on the `train` rows of `manifest`, from checkpoint `init` or from scratch.

    Scores the manifest's own query and gallery every few epochs. Returns the last values and the checkpoint's
    path. Raises `InputError` for anything unusable, before training.
    """
    hardware = pick_hardware(config.device, config.precision)
    images = training_images(config.data, manifest)
    num_images = batch_size(config.data, images)
    steps_per_epoch = max(1, len(images) // num_images)
    last_step = config.epochs * steps_per_epoch
    does_score = can_score(manifest)

    torch.manual_seed(config.seed)
    model = _embedder(config, init, len(images.classes))
    model.to(hardware.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    criterion = IdentityLosses(config.loss, len(images.classes), model.feature_width).to(hardware.device)
    optimizer = IdentityOptimizer(
        config.optimizer, model, criterion, hardware, steps_per_epoch=steps_per_epoch
    )
    parts: dict[str, Stateful] = {"model": model, "losses": criterion, "optimizer": optimizer}
    inputs = {"manifest": manifest.fingerprint, "init": _fingerprint(init) if init else None}

    with Run(folder, "finetune", to_values(config), inputs, last_step=last_step, resume=resume) as run:
        run.restore(parts)
        batches = training_batches(
            config.data,
            images,
            seed=config.seed,
            first_step=run.first_step,
            last_step=last_step,
            device=hardware.device,
        )
        model.train()
        for step in run.steps():
            losses = _losses(model, criterion, next(batches), hardware)
            optimizer.step(step, losses["loss"])
            if run.is_due(step, config.log_every):
                factor = optimizer.learning_rate_factor(step)
                run.log(step, {**losses, "learning_rate_factor": factor}, images=num_images)
            if run.is_due(step, config.validate_every_epochs * steps_per_epoch):
                if does_score:
                    run.log(step, score(model, manifest, config.data, hardware))
                metadata = checkpoint_metadata(
                    step=step, recipe=run.settings, manifest=manifest, data=config.data, tokenizer=None
                )
                run.save(step, parts, partial(save_checkpoint, model=model, metadata=metadata))
        return run.result()


def _embedder(config: FinetuneConfig, init: Path | None, num_classes: int) -> Embedder:
    name = config.backbone
    if name is None:
        name = "resnet50" if init is None else read_metadata(init)["architecture"]["visual"]["name"]
    visual = {"name": name, "last_stride": config.last_stride}
    model = build_model({"model": "embedder", "visual": visual, "num_classes": num_classes})
    assert isinstance(model, Embedder)
    if init is not None:
        load_backbone(model, init)
    return model


def _losses(
    model: Embedder, criterion: IdentityLosses, batch: IdentityBatch, hardware: Hardware
) -> dict[str, Tensor]:
    classes = hardware.labels(batch.classes)
    with hardware.autocast():
        pooled, normed = model(hardware.images(batch.images))
        logits = model.classify(normed)
    losses: dict[str, Tensor] = criterion(pooled, logits, classes)
    accuracy = (logits.detach().argmax(dim=1) == classes).float().mean()
    return {**losses, "accuracy": accuracy}


def _fingerprint(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
