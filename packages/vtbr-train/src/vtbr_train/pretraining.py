"""Pretraining from captions.

An image is turned into its caption, read forwards and backwards (VirTex, VTBR).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from vtbr_data.training import CaptionBatch, CaptionImages
from vtbr_models.architecture import build_model
from vtbr_models.captioner import Captioner
from vtbr_models.checkpoint import save_checkpoint

from .caption_data import (
    CaptionDataConfig,
    held_out_batches,
    held_out_images,
    training_batches,
    training_images,
)
from .caption_optimizer import CaptionOptimizer, CaptionOptimizerConfig
from .hardware import DeviceChoice, Hardware, PrecisionChoice, pick_hardware
from .inputs import checkpoint_metadata
from .run import Run
from .settings import to_values
from .state import Stateful

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from vtbr_data.manifest import Manifest


@dataclass(frozen=True, kw_only=True, slots=True)
class CaptionModelConfig:
    """The network."""

    backbone: str = "resnet50"
    textual: str = "L1_H1024_A16_F4096"
    """Layers, width, attention heads, feed-forward width of each decoder."""
    max_tokens: int = 30
    """Captions are cut to this many tokens, [SOS] and [EOS] included."""
    dropout: float = 0.1

    def __post_init__(self) -> None:
        if self.max_tokens < 3:
            raise ValueError(f"max_tokens must be at least 3, [SOS], one word, [EOS], not {self.max_tokens}")
        if not 0 <= self.dropout < 1:
            raise ValueError(f"dropout must be in [0, 1), not {self.dropout}")


@dataclass(frozen=True, kw_only=True, slots=True)
class PretrainConfig:
    """Everything about a pretraining run; the defaults are the published recipe at a pedestrian's shape."""

    steps: int = 500_000
    batch_size: int = 256
    seed: int = 0
    device: DeviceChoice = "auto"
    precision: PrecisionChoice = "auto"
    log_every: int = 20
    save_every: int = 2_000
    validate_every: int = 2_000
    model: CaptionModelConfig = field(default_factory=CaptionModelConfig)
    data: CaptionDataConfig = field(default_factory=CaptionDataConfig)
    optimizer: CaptionOptimizerConfig = field(default_factory=CaptionOptimizerConfig)

    def __post_init__(self) -> None:
        for name in ("steps", "batch_size", "log_every", "save_every", "validate_every"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, not {getattr(self, name)}")
        if self.seed < 0:
            raise ValueError(f"seed must be at least 0, not {self.seed}")
        if self.optimizer.warmup_steps >= self.steps:
            raise ValueError(f"optimizer.warmup_steps must be below steps ({self.steps})")


def pretrain(
    config: PretrainConfig,
    manifest: Manifest,
    tokenizer: Tokenizer,
    folder: Path,
    *,
    validation: Manifest | None = None,
    resume: bool = False,
) -> dict[str, Any]:
    """Train a captioner on the `train` rows of `manifest`; its checkpoint is `folder/model.safetensors`.

    Returns the last log values and the checkpoint's path. Raises `InputError` for anything unusable, before
    training.
    """
    hardware = pick_hardware(config.device, config.precision)
    images = training_images(config.data, manifest, tokenizer, config.model.max_tokens)
    held_out = None
    if validation is not None:
        held_out = held_out_images(config.data, validation, tokenizer, config.model.max_tokens)

    torch.manual_seed(config.seed)
    model = build_model(_architecture(config.model, tokenizer.get_vocab_size()))
    assert isinstance(model, Captioner)
    model.to(hardware.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimizer = CaptionOptimizer(config.optimizer, model, hardware, last_step=config.steps)
    parts: dict[str, Stateful] = {"model": model, "optimizer": optimizer}
    inputs = {"manifest": manifest.fingerprint, "tokenizer": tokenizer.to_str()}

    with Run(folder, "pretrain", to_values(config), inputs, last_step=config.steps, resume=resume) as run:
        run.restore(parts)
        batches = training_batches(
            images,
            config.batch_size,
            seed=config.seed,
            first_step=run.first_step,
            last_step=config.steps,
            workers=config.data.workers,
            device=hardware.device,
        )
        model.train()
        for step in run.steps():
            losses = _losses(model, next(batches), hardware)
            gradient_norm = optimizer.step(step, losses["loss"])
            if run.is_due(step, config.log_every):
                factor = optimizer.learning_rate_factor(step)
                values = {**losses, "gradient_norm": gradient_norm, "learning_rate_factor": factor}
                run.log(step, values, images=config.batch_size)
            if held_out is not None and run.is_due(step, config.validate_every):
                run.log(step, {"validation_loss": _validation_loss(model, held_out, config, hardware)})
            if run.is_due(step, config.save_every):
                metadata = checkpoint_metadata(
                    step=step,
                    recipe=run.settings,
                    manifest=manifest,
                    data=config.data,
                    tokenizer=json.loads(tokenizer.to_str()),
                )
                run.save(step, parts, partial(save_checkpoint, model=model, metadata=metadata))
        return run.result()


def _architecture(config: CaptionModelConfig, vocabulary_size: int) -> dict[str, Any]:
    return {
        "model": "captioner",
        "visual": {"name": config.backbone, "last_stride": 2},
        "textual": {
            "name": config.textual,
            "vocabulary_size": vocabulary_size,
            "max_tokens": config.max_tokens,
            "dropout": config.dropout,
        },
    }


def _losses(model: Captioner, batch: CaptionBatch, hardware: Hardware) -> dict[str, Tensor]:
    with hardware.autocast():
        losses: dict[str, Tensor] = model(hardware.images(batch.images), hardware.labels(batch.tokens))
    return losses


@torch.no_grad()
def _validation_loss(
    model: Captioner, images: CaptionImages, config: PretrainConfig, hardware: Hardware
) -> float:
    """Mean loss over held-out images, in nats a token."""
    model.eval()
    total = 0.0
    batches = held_out_batches(images, config.batch_size, workers=config.data.workers, device=hardware.device)
    for batch in batches:
        total += _losses(model, batch, hardware)["loss"].item() * len(batch.images)
    model.train()
    return total / len(images)
