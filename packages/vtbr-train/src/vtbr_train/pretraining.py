"""Pretraining from captions: an image is turned into its caption, read forwards and backwards (VirTex, VTBR)."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from torch.nn.utils import clip_grad_norm_
from vtbr_data.training import (
    CaptionImages,
    CaptionTransform,
    PlainTransform,
    ShuffledBatches,
    collate_captions,
    load_batches,
)
from vtbr_models.captioner import Captioner
from vtbr_models.checkpoint import build_model, save_checkpoint

from .errors import InputError
from .hardware import DeviceChoice, Hardware, PrecisionChoice, pick_hardware
from .inputs import checkpoint_metadata, training_rows
from .lookahead import Lookahead
from .run import Run, mean_of
from .schedule import warmup_cosine
from .settings import to_values
from .state import match_layout

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from vtbr_data.manifest import Manifest

_NO_DECAY = re.compile(r"textual\.(embedding|\w+_decoder)\..*(norm|bias)")


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
class CaptionDataConfig:
    """Images and their augmentation."""

    height: int = 256
    width: int = 128
    crop_area: tuple[float, float] = (0.2, 1.0)
    """The random crop keeps this share of the picture."""
    jitter: float = 0.4
    """Brightness, contrast, saturation; 0 is none."""
    jitter_hue: float = 0.1
    jitter_probability: float = 0.8
    workers: int = 2
    """Processes that read images; 0 reads in the training process."""

    def __post_init__(self) -> None:
        if min(self.height, self.width) < 32:
            raise ValueError(f"height and width must be at least 32 pixels, not {self.height} x {self.width}")
        if not 0 < self.crop_area[0] <= self.crop_area[1] <= 1:
            raise ValueError(f"crop_area must be two growing shares in (0, 1], not {self.crop_area}")
        if self.workers < 0:
            raise ValueError(f"workers must be at least 0, not {self.workers}")


@dataclass(frozen=True, kw_only=True, slots=True)
class CaptionOptimizerConfig:
    """SGD with Lookahead."""

    backbone_learning_rate: float = 0.2
    """Peak, for the convolutional network."""
    learning_rate: float = 1e-3
    """Peak, for the projection, embedding and decoders."""
    momentum: float = 0.9
    weight_decay: float = 1e-4
    gradient_clip: float = 10.0
    """Largest norm of the gradient."""
    lookahead_steps: int = 5
    """0 switches Lookahead off."""
    lookahead_alpha: float = 0.5
    warmup_steps: int = 10_000

    def __post_init__(self) -> None:
        for name in ("backbone_learning_rate", "learning_rate", "gradient_clip"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} must be above 0, not {getattr(self, name)}")
        if not 0 < self.lookahead_alpha <= 1:
            raise ValueError(f"lookahead_alpha must be in (0, 1], not {self.lookahead_alpha}")
        if self.lookahead_steps < 0 or self.warmup_steps < 0:
            raise ValueError("lookahead_steps and warmup_steps must be at least 0")


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

    Returns the last log values and the checkpoint's path. Raises `InputError` for anything unusable, before training.
    """
    hardware = pick_hardware(config.device, config.precision)
    rows = training_rows(manifest)
    augment = CaptionTransform(
        height=config.data.height,
        width=config.data.width,
        crop_area=config.data.crop_area,
        jitter=config.data.jitter,
        jitter_hue=config.data.jitter_hue,
        jitter_probability=config.data.jitter_probability,
    )
    images = CaptionImages(rows, manifest.root, tokenizer, config.model.max_tokens, augment)
    held_out = _held_out_images(config, validation, tokenizer)
    tokenizer_json = json.loads(tokenizer.to_str())
    inputs = {"manifest": manifest.fingerprint, "vocabulary_size": tokenizer.get_vocab_size()}

    torch.manual_seed(config.seed)
    model = build_model(_architecture(config, tokenizer.get_vocab_size()))
    assert isinstance(model, Captioner)
    model.to(hardware.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimizer = _optimizer(config.optimizer, model)
    peaks = [group["lr"] for group in optimizer.param_groups]
    scaler = hardware.scaler()
    parts = {"model": model, "optimizer": optimizer, "scaler": scaler}
    lookahead = None
    if config.optimizer.lookahead_steps:
        every, alpha = config.optimizer.lookahead_steps, config.optimizer.lookahead_alpha
        lookahead = parts["lookahead"] = Lookahead(model.parameters(), interval_steps=every, alpha=alpha)

    with Run(folder, "pretrain", to_values(config), inputs, last_step=config.steps, resume=resume) as run:
        run.restore(parts)
        match_layout(optimizer)
        batches = load_batches(
            images,
            ShuffledBatches(
                len(rows), config.batch_size, seed=config.seed, first_step=run.first_step, last_step=config.steps
            ),
            collate_captions,
            workers=config.data.workers,
            pin_memory=hardware.device.type == "cuda",
        )
        values: dict[str, float] = {}
        model.train()
        for step in run.steps():
            factor = warmup_cosine(step, warmup_steps=config.optimizer.warmup_steps, last_step=config.steps)
            for group, peak in zip(optimizer.param_groups, peaks, strict=True):
                group["lr"] = peak * factor
            batch = next(batches)
            pixels = batch.images.to(hardware.device, memory_format=torch.channels_last, non_blocking=True)
            with hardware.autocast():
                losses = model(pixels, batch.tokens.to(hardware.device, non_blocking=True))
            scaler.scale(losses["loss"]).backward()
            scaler.unscale_(optimizer)
            gradient_norm = clip_grad_norm_(model.parameters(), config.optimizer.gradient_clip)
            scaler.step(optimizer)
            scaler.update()
            optimizer.zero_grad(set_to_none=True)
            if lookahead is not None:
                lookahead.after(step)
            if run.is_due(step, config.log_every):
                values = {name: loss.item() for name, loss in losses.items()}
                values |= {"gradient_norm": float(gradient_norm), "learning_rate_factor": factor}
                run.log(step, values, images=config.batch_size)
            if held_out is not None and run.is_due(step, config.validate_every):
                values["validation_loss"] = _validation_loss(model, held_out, config, hardware)
                run.log(step, {"validation_loss": values["validation_loss"]})
            if run.is_due(step, config.save_every):
                metadata = checkpoint_metadata(
                    step=step, recipe=run.settings, manifest=manifest, data=config.data, tokenizer=tokenizer_json
                )
                run.save(step, parts, partial(save_checkpoint, model=model, metadata=metadata))
        return {"model": str(run.model_path), "step": config.steps, **values}


def _architecture(config: PretrainConfig, vocabulary_size: int) -> dict[str, Any]:
    return {
        "model": "captioner",
        "visual": {"name": config.model.backbone, "last_stride": 2},
        "textual": {
            "name": config.model.textual,
            "vocabulary_size": vocabulary_size,
            "max_tokens": config.model.max_tokens,
            "dropout": config.model.dropout,
        },
    }


def _optimizer(config: CaptionOptimizerConfig, model: nn.Module) -> torch.optim.SGD:
    """Three groups: the convolutional network; the rest; and of the rest what does not decay."""
    visual, textual, undecayed = [], [], []
    for name, parameter in model.named_parameters():
        if name.startswith("visual."):
            visual.append(parameter)
        elif _NO_DECAY.match(name):
            undecayed.append(parameter)
        else:
            textual.append(parameter)
    groups = [
        {"params": visual, "lr": config.backbone_learning_rate, "weight_decay": config.weight_decay},
        {"params": textual, "lr": config.learning_rate, "weight_decay": config.weight_decay},
        {"params": undecayed, "lr": config.learning_rate, "weight_decay": 0.0},
    ]
    return torch.optim.SGD(groups, momentum=config.momentum)


def _held_out_images(
    config: PretrainConfig, validation: Manifest | None, tokenizer: Tokenizer
) -> CaptionImages | None:
    if validation is None:
        return None
    if not validation.rows:
        raise InputError("the validation manifest holds no images")
    plain = PlainTransform(height=config.data.height, width=config.data.width)
    return CaptionImages(validation.rows, validation.root, tokenizer, config.model.max_tokens, plain)


@torch.no_grad()
def _validation_loss(model: Captioner, images: CaptionImages, config: PretrainConfig, hardware: Hardware) -> float:
    """Mean loss over held-out images, each with the same one of its captions every time."""
    steps = -(-len(images) // config.batch_size)
    draws = [[(row, row) for row in range(len(images))[step :: steps]] for step in range(steps)]
    model.eval()
    losses, counts = [], []
    for batch in load_batches(images, draws, collate_captions, workers=config.data.workers):
        with hardware.autocast():
            loss = model(batch.images.to(hardware.device), batch.tokens.to(hardware.device))["loss"]
        losses.append(loss.float().cpu() * len(batch.images))
        counts.append(len(batch.images))
    model.train()
    return mean_of(losses) * len(losses) / sum(counts)
