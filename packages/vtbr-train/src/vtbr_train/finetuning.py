"""Fine-tuning for Re-ID: the strong baseline of Luo et al., "Bag of Tricks" (CVPRW 2019)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from vtbr_data.training import (
    IdentityBatches,
    IdentityImages,
    IdentityTransform,
    collate_identities,
    load_batches,
)
from vtbr_models.checkpoint import build_model, load_backbone, read_metadata, save_checkpoint
from vtbr_models.embedder import Embedder

from .errors import InputError
from .hardware import DeviceChoice, PrecisionChoice, pick_hardware
from .inputs import checkpoint_metadata, training_rows
from .losses import Centres, batch_hard_triplet_loss, identity_loss
from .run import Run
from .schedule import warmup_multi_step
from .settings import to_values
from .state import match_layout
from .validation import can_score, score

if TYPE_CHECKING:
    from vtbr_data.manifest import Manifest


@dataclass(frozen=True, kw_only=True, slots=True)
class IdentityDataConfig:
    """Images, their augmentation, and how a batch is made."""

    height: int = 256
    width: int = 128
    pad_px: int = 10
    """Padded on each side before a random crop back to size."""
    erase_probability: float = 0.5
    identities_per_batch: int = 16
    images_per_identity: int = 4
    workers: int = 2
    """Processes that read images; 0 reads in the training process."""

    def __post_init__(self) -> None:
        if min(self.height, self.width) < 32:
            raise ValueError(f"height and width must be at least 32 pixels, not {self.height} x {self.width}")
        if self.identities_per_batch < 2 or self.images_per_identity < 2:
            raise ValueError("identities_per_batch and images_per_identity must be at least 2")
        if self.workers < 0 or self.pad_px < 0 or not 0 <= self.erase_probability <= 1:
            raise ValueError("workers and pad_px must be at least 0, erase_probability in [0, 1]")


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


@dataclass(frozen=True, kw_only=True, slots=True)
class AdamConfig:
    """Adam with linear warm-up and steps down."""

    learning_rate: float = 3.5e-4
    """Peak, reached after warm-up."""
    weight_decay: float = 5e-4
    warmup_epochs: float = 10.0
    warmup_start: float = 0.01
    """Share of the peak that the warm-up begins with."""
    milestones: tuple[float, ...] = (40.0, 70.0)
    """Epochs after which the rate is multiplied by gamma."""
    gamma: float = 0.1

    def __post_init__(self) -> None:
        if self.learning_rate <= 0:
            raise ValueError(f"learning_rate must be above 0, not {self.learning_rate}")
        if self.warmup_epochs < 0 or not 0 <= self.warmup_start <= 1:
            raise ValueError("warmup_epochs must be at least 0 and warmup_start in [0, 1]")


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
    config: FinetuneConfig, manifest: Manifest, folder: Path, *, init: Path | None = None, resume: bool = False
) -> dict[str, Any]:
    """Train an embedder on the `train` rows of `manifest`, its backbone from checkpoint `init` or from scratch.

    Scores the manifest's own query and gallery every few epochs. Returns the last values and the checkpoint's path. Raises
    `InputError` for anything unusable, before training.
    """
    hardware = pick_hardware(config.device, config.precision)
    rows = [row for row in training_rows(manifest) if row.identity > 0]
    classes = {identity: number for number, identity in enumerate(sorted({row.identity for row in rows}))}
    if len(classes) < 2:
        raise InputError(f"fine-tuning needs at least 2 identities above 0 with split train, not {len(classes)}")
    data, loss = config.data, config.loss
    augment = IdentityTransform(
        height=data.height, width=data.width, pad_px=data.pad_px, erase_probability=data.erase_probability
    )
    images = IdentityImages(rows, manifest.root, classes, augment)
    does_score = can_score(manifest)

    torch.manual_seed(config.seed)
    model = build_model(_architecture(config, init, len(classes)))
    assert isinstance(model, Embedder) and model.classifier is not None
    inputs = {"manifest": manifest.fingerprint, "init": None}
    if init is not None:
        load_backbone(model, init)
        inputs["init"] = _fingerprint(init)
    model.to(hardware.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    centres = Centres(len(classes), model.visual.width).to(hardware.device)
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.Adam(
        trained, lr=config.optimizer.learning_rate, weight_decay=config.optimizer.weight_decay
    )
    centre_optimizer = torch.optim.SGD(centres.parameters(), lr=loss.centre_learning_rate)
    scaler = hardware.scaler()
    parts: dict[str, Any] = {
        "model": model,
        "centres": centres,
        "optimizer": optimizer,
        "centre_optimizer": centre_optimizer,
        "scaler": scaler,
    }
    batch_size = min(data.identities_per_batch, len(classes)) * data.images_per_identity
    steps_per_epoch = max(1, len(rows) // batch_size)
    last_step = config.epochs * steps_per_epoch
    values: dict[str, float] = {}

    with Run(folder, "finetune", to_values(config), inputs, last_step=last_step, resume=resume) as run:
        run.restore(parts)
        match_layout(optimizer)
        batches = load_batches(
            images,
            IdentityBatches(
                [row.identity for row in rows],
                data.identities_per_batch,
                data.images_per_identity,
                seed=config.seed,
                first_step=run.first_step,
                last_step=last_step,
            ),
            collate_identities,
            workers=data.workers,
            pin_memory=hardware.device.type == "cuda",
        )
        model.train()
        for step in run.steps():
            factor = warmup_multi_step(
                step,
                steps_per_epoch=steps_per_epoch,
                warmup_epochs=config.optimizer.warmup_epochs,
                start=config.optimizer.warmup_start,
                milestones=config.optimizer.milestones,
                gamma=config.optimizer.gamma,
            )
            optimizer.param_groups[0]["lr"] = config.optimizer.learning_rate * factor
            batch = next(batches)
            pixels = batch.images.to(hardware.device, memory_format=torch.channels_last, non_blocking=True)
            labels = batch.classes.to(hardware.device, non_blocking=True)
            with hardware.autocast():
                pooled, normed = model(pixels)
                logits = model.classify(normed)
            losses = {
                "identity_loss": identity_loss(logits, labels, loss.label_smoothing),
                "triplet_loss": batch_hard_triplet_loss(pooled, labels, loss.triplet_margin),
                "centre_loss": centres(pooled, labels),
            }
            total = losses["identity_loss"] + losses["triplet_loss"] + loss.centre_weight * losses["centre_loss"]
            scaler.scale(total).backward()
            scaler.step(optimizer)
            if loss.centre_weight > 0:
                # The centres move by their own rate, whatever the loss weighs for the network.
                scaler.unscale_(centre_optimizer)
                centres.weight.grad.div_(loss.centre_weight)
                scaler.step(centre_optimizer)
            scaler.update()
            optimizer.zero_grad(set_to_none=True)
            centre_optimizer.zero_grad(set_to_none=True)
            if run.is_due(step, config.log_every):
                values |= {"loss": total.item(), **{name: value.item() for name, value in losses.items()}}
                accuracy = (logits.argmax(dim=1) == labels).float().mean()
                run.log(step, {**values, "accuracy": accuracy, "learning_rate_factor": factor}, images=batch_size)
            if run.is_due(step, config.validate_every_epochs * steps_per_epoch):
                if does_score:
                    scores = score(model, manifest, data, hardware)
                    run.log(step, scores)
                    values |= scores
                metadata = checkpoint_metadata(
                    step=step, recipe=run.settings, manifest=manifest, data=data, tokenizer=None
                )
                run.save(step, parts, partial(save_checkpoint, model=model, metadata=metadata))
        return {"model": str(run.model_path), "step": last_step, **values}


def _architecture(config: FinetuneConfig, init: Path | None, num_classes: int) -> dict[str, Any]:
    name = config.backbone
    if name is None:
        name = "resnet50" if init is None else read_metadata(init)["architecture"]["visual"]["name"]
    return {
        "model": "embedder",
        "visual": {"name": name, "last_stride": config.last_stride},
        "num_classes": num_classes,
    }


def _fingerprint(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
