"""Pretraining from captions.

An image is turned into its caption, read forwards and backwards (VirTex, VTBR).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from msgspec import field
from torch import Tensor

from vtbr_data.training import CaptionBatch, shuffled_batches, with_near_twins
from vtbr_models.captioner import OBJECTIVES

from ..captions import (
    CaptionDataConfig,
    Labels,
    ObjectivesConfig,
    TextConfig,
    augmentation,
    build_captioner,
    captioned_images,
    decays,
    learnt_samples,
    near_twins_of,
    plain,
    usable_samples,
)
from ..engine import (
    DeviceChoice,
    EngineConfig,
    Hardware,
    PrecisionChoice,
    World,
    hardware_for,
    joined,
    place_model,
)
from ..errors import InputError
from ..inputs import all_samples, check_first_picture, checkpoint_metadata, training_samples
from ..loop import train
from ..measuring import plan
from ..optimizer import Optimizer, OptimizerConfig, ScheduleConfig
from ..run import Resume, SavingConfig
from ..settings import AtLeast0, AtLeast1, Settings, from_values, to_values
from ..task import Task, pairs_within_parts
from .caption_validation import show_captions, validation_losses

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from vtbr_data.manifest import Manifest
    from vtbr_data.training import Augmentation, CaptionImages, OnDamage, Samples


class CaptionModelConfig(TextConfig, frozen=True, kw_only=True):
    """The network."""

    backbone: str = "resnet50"
    last_stride: int = 2
    """Of the backbone; 1 gives a finer feature map."""


def _published_optimizer() -> OptimizerConfig:
    return OptimizerConfig(backbone_learning_rate=0.2, gradient_clip=10.0, lookahead_steps=5)


class PretrainConfig(Settings, frozen=True, kw_only=True):
    """Everything about a pretraining run; the defaults are the published recipe at a pedestrian's shape."""

    steps: AtLeast1 = 500_000
    batch_size: AtLeast1 = 256
    """Images a step, of all processes together."""
    seed: AtLeast0 = 0
    device: DeviceChoice = "auto"
    precision: PrecisionChoice = "auto"
    log_every: AtLeast1 = 20
    save_every: AtLeast1 = 2_000
    validate_every: AtLeast1 = 2_000
    objectives: ObjectivesConfig = field(default_factory=ObjectivesConfig)
    model: CaptionModelConfig = field(default_factory=CaptionModelConfig)
    data: CaptionDataConfig = field(default_factory=CaptionDataConfig)
    optimizer: OptimizerConfig = field(default_factory=_published_optimizer)
    schedule: ScheduleConfig = field(default_factory=lambda: ScheduleConfig(warmup=10_000))
    """Counts in steps."""
    engine: EngineConfig = field(default_factory=EngineConfig)
    saving: SavingConfig = field(default_factory=SavingConfig)

    def __post_init__(self) -> None:
        if self.schedule.warmup >= self.steps:
            raise ValueError(f"schedule.warmup must be below steps ({self.steps})")


def pretrain(
    config: PretrainConfig,
    manifest: Manifest,
    tokenizer: Tokenizer | None,
    folder: Path,
    *,
    validation: Manifest | None = None,
    resume: Resume = "never",
    dry_run: bool = False,
    command: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Train a captioner on the `train` rows of `manifest`; its checkpoint is `folder/model.safetensors`.

    `tokenizer` may be None where no objective reads captions.

    Returns the last log values and the checkpoint's path. Raises `InputError` for anything unusable, before
    training, and `Stopped` when a signal asks to stop. `dry_run` trains nothing and returns what the run
    would need. `command` is kept in the run's folder for `vtbr-train resume`.
    """
    config = from_values(PretrainConfig, to_values(config))  # an object made in Python is checked here
    with joined() as world:
        hardware = hardware_for(config.engine, config.device, config.precision, world)
        task = Pretraining(config, manifest, tokenizer, hardware, world, validation=validation)
        return plan(task) if dry_run else train(task, folder, resume=resume, command=command)


class Pretraining(Task):
    """Everything that pretraining is made of, built and checked, ready to train."""

    name = "pretrain"

    def __init__(
        self,
        config: PretrainConfig,
        manifest: Manifest,
        tokenizer: Tokenizer | None,
        hardware: Hardware,
        world: World,
        *,
        validation: Manifest | None = None,
    ) -> None:
        self.config, self.hardware, self.world = config, hardware, world
        self.manifest, self.tokenizer = manifest, tokenizer
        if tokenizer is None and config.objectives.needs("tokens"):
            raise InputError("these objectives read captions: give --tokenizer (`vtbr-data tokenizer train`)")
        self._read(validation)
        torch.manual_seed(config.seed)
        visual = {"name": config.model.backbone, "last_stride": config.model.last_stride}
        model = build_captioner(visual, config.model, config.objectives, self.labels, tokenizer, self.images)
        self.model = self.module = model
        place_model(model, hardware)
        self.optimizer = Optimizer(
            config.optimizer,
            config.schedule,
            model,
            hardware,
            last_step=config.steps,
            decays=decays,
            is_fused=config.engine.fused,
        )
        self.parts = {"model": model, "optimizer": self.optimizer}
        self.inputs = {"manifest": manifest.fingerprint, "tokenizer": tokenizer and tokenizer.to_str()}
        self.save_every, self.validate_every = config.save_every, config.validate_every
        names = ("loss", *(loss for name in config.objectives.weights() for loss in OBJECTIVES[name].losses))
        self.measures = [f"validation_{name}" for name in names] if self.validates else []
        self.best_by, self.selected_on = config.saving.best_by, validation.name if validation else ""

    def remarks(self) -> Iterator[str]:
        """Yield how many images were left out, who has near-twins, and that pairs form within a part."""
        if self.twins is not None:
            yield str(self.twins)
        if self.num_uncaptioned:
            yield f"{self.num_uncaptioned} training images without a caption are left out"
        if self.labels.said:
            yield f"attributes read from the captions of {len(self.images):,} images: {self.labels.said}"
        if self.config.engine.accumulate > 1 and self.config.objectives.contrastive:
            yield pairs_within_parts("images and captions are contrasted", self)

    def losses(self, module: Callable[..., Any], batch: CaptionBatch) -> Mapping[str, Tensor]:
        """Return the losses of a batch, in nats a token."""
        attributes = None if batch.attributes is None else self.labels.stacked(batch.attributes)
        losses: Mapping[str, Tensor] = module(
            self.hardware.images(batch.images),
            batch.tokens,
            attributes=attributes,
            identities=batch.identities,
            wrong_tokens=batch.wrong_tokens,
        )
        return losses

    def validate(self) -> dict[str, float]:
        """Return the losses of the held-out images."""
        assert self.held_out is not None
        return validation_losses(self, self.held_out)

    def show(self, writer: Any, step: int) -> None:
        """Show a few held-out pictures with the captions that the model gives them, for TensorBoard."""
        assert self.held_out is not None
        if self.model.writes and self.tokenizer is not None:
            show_captions(self, self.held_out, self.tokenizer, writer, step)

    def metadata(self, step: int, recipe: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the checkpoint says about itself."""
        tokenizer = self.tokenizer and json.loads(self.tokenizer.to_str())
        return checkpoint_metadata(
            step=step, recipe=recipe, manifest=self.manifest, data=self.config.data, tokenizer=tokenizer
        )

    def _read(self, validation: Manifest | None) -> None:
        """Take the images to learn from and to validate on, and the order of the first."""
        config, data = self.config, self.config.data
        samples, self.num_uncaptioned = usable_samples(
            training_samples(self.manifest), data, config.objectives
        )
        self.labels = Labels(config.objectives, samples.rows)
        shown = augmentation(data, height=data.height, width=data.width)
        self.images = self._captioned(samples, shown, on_damage=data.damaged)
        self.held_out = None
        if validation is not None:
            held_out = all_samples(validation)
            check_first_picture(validation, held_out)
            self.held_out = self._captioned(learnt_samples(held_out, config.objectives), plain(data))
        self.validates = self.held_out is not None
        self.images_per_step, self.last_step = config.batch_size, config.steps
        self.twins = near_twins_of(samples.rows, data)
        order = shuffled_batches(
            self.images.samples.pictures,
            config.batch_size,
            seed=config.seed,
            first_step=1,
            last_step=config.steps,
            num_ranks=self.world.size,
        )
        self.order = with_near_twins(order, self.twins, data.near_twins_share)

    def _captioned(
        self, samples: Samples, augmentation: Augmentation, *, on_damage: OnDamage = "stop"
    ) -> CaptionImages:
        return captioned_images(
            samples,
            augmentation,
            self.config.objectives,
            self.labels,
            self.tokenizer,
            max_tokens=self.config.model.max_tokens,
            on_damage=on_damage,
        )
