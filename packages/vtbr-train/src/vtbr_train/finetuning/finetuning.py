"""Fine-tuning for Re-ID: the strong baseline of Luo et al., "Bag of Tricks" (CVPRW 2019), and its kin."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import torch
from msgspec import field
from torch import Tensor, nn

from vtbr_data.training import IdentityBatch, IdentityBatches
from vtbr_models.checkpoint import build_model, load_backbone, read_metadata
from vtbr_models.embedder import Embedder

from ..engine import (
    DeviceChoice,
    EngineConfig,
    Hardware,
    PrecisionChoice,
    World,
    hardware_for,
    joined,
    place_model,
    share,
)
from ..errors import InputError
from ..inputs import checkpoint_metadata
from ..loop import train
from ..measuring import plan
from ..optimizer import OptimizerConfig, ScheduleConfig
from ..run import Resume, SavingConfig
from ..settings import AtLeast0, AtLeast1, Settings, from_values, to_values
from ..task import Task, pairs_within_parts
from .identity_data import IdentityDataConfig, batch_size, training_images
from .identity_optimizer import IdentityOptimizer
from .losses import IdentityLossConfig, IdentityLosses
from .scored_sets import HELD_OUT, scored_sets
from .validation import MEASURES, score_all, show_ranked

if TYPE_CHECKING:
    from vtbr_data.manifest import Manifest


def _published_schedule() -> ScheduleConfig:
    return ScheduleConfig(name="multi-step", warmup=10, warmup_start=0.01, milestones=(40.0, 70.0))


class FinetuneConfig(Settings, frozen=True, kw_only=True):
    """Everything about a fine-tuning run; the defaults are the published strong baseline."""

    epochs: AtLeast1 = 120
    """An epoch is as many batches as hold each training image once."""
    backbone: str | None = None
    """Null takes that of --init (resnet50 from scratch)."""
    last_stride: Literal[1, 2] = 1
    pooling: Literal["average", "max", "gem", "avgmax", "avgmax-concat"] = "average"
    """`avgmax` adds average and maximum, `avgmax-concat` puts them side by side."""
    reduction: AtLeast1 | None = None
    """Width that the pooled feature is mapped to; null: as it is."""
    feature: Literal["neck", "before"] = "neck"
    """Which feature the trained model gives: after the neck, or before it."""
    frozen_epochs: AtLeast0 = 0
    """The backbone stays as it came for the first epochs."""
    seed: AtLeast0 = 0
    device: DeviceChoice = "auto"
    precision: PrecisionChoice = "auto"
    protocol: str = "market1501"
    """How test sets are scored: a name of `vtbr-eval protocols`."""
    log_every: AtLeast1 = 20
    validate_every_epochs: AtLeast1 = 10
    """Scores the test sets, and saves."""
    data: IdentityDataConfig = field(default_factory=IdentityDataConfig)
    loss: IdentityLossConfig = field(default_factory=IdentityLossConfig)
    optimizer: OptimizerConfig = field(
        default_factory=lambda: OptimizerConfig(name="adam", learning_rate=3.5e-4, weight_decay=5e-4)
    )
    schedule: ScheduleConfig = field(default_factory=_published_schedule)
    """Counts in epochs."""
    engine: EngineConfig = field(default_factory=EngineConfig)
    saving: SavingConfig = field(default_factory=SavingConfig)

    def __post_init__(self) -> None:
        if self.schedule.warmup > self.epochs:
            raise ValueError(
                f"schedule.warmup = {self.schedule.warmup:g} is longer than the run (epochs = {self.epochs}): the "
                "peak rate would never be reached"
            )
        if self.frozen_epochs > self.epochs:
            raise ValueError(f"frozen_epochs must be in [0, {self.epochs}], not {self.frozen_epochs}")


def finetune(
    config: FinetuneConfig,
    manifests: Sequence[Manifest],
    folder: Path,
    *,
    init: Path | None = None,
    tests: Mapping[str, Manifest] | None = None,
    resume: Resume = "never",
    dry_run: bool = False,
    command: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Train an embedder on the `train` rows of `manifests`, from checkpoint `init` or from scratch.

    Scores `tests` every few epochs, by default the first manifest's own query and gallery. Returns the last
    values and the checkpoint's path. Raises `InputError` for anything unusable, before training, and
    `Stopped` when a signal asks to stop. `dry_run` trains nothing and returns what the run would need.
    `command` is kept in the run's folder for `vtbr-train resume`.
    """
    config = from_values(FinetuneConfig, to_values(config))  # an object made in Python is checked here
    with joined() as world:
        hardware = hardware_for(config.engine, config.device, config.precision, world)
        task = Finetuning(config, manifests, hardware, world, init=init, tests=tests)
        return plan(task) if dry_run else train(task, folder, resume=resume, command=command)


class Finetuning(Task):
    """Everything that fine-tuning is made of, built and checked, ready to train."""

    name = "finetune"
    batch_setting = "data.identities_per_batch x data.images_per_identity"

    def __init__(
        self,
        config: FinetuneConfig,
        manifests: Sequence[Manifest],
        hardware: Hardware,
        world: World,
        *,
        init: Path | None = None,
        tests: Mapping[str, Manifest] | None = None,
    ) -> None:
        self.config, self.hardware, self.world = config, hardware, world
        self.manifest = manifests[0]
        self.found = training_images(config.data, manifests, seed=config.seed)
        self.images = self.found.images
        self.tests = scored_sets(manifests[0], tests, self.found.held_out, config.protocol)
        self.images_per_step = batch_size(config.data, self.images)
        share(
            self.images_per_step // config.data.images_per_identity,
            config.engine,
            world,
            what="data.identities_per_batch",
        )
        steps_per_epoch = max(1, len(self.images) // self.images_per_step)
        self.last_step = config.epochs * steps_per_epoch
        self.frozen_steps = config.frozen_epochs * steps_per_epoch
        self.order = IdentityBatches(
            [row.identity for row in self.images.samples.rows],
            config.data.identities_per_batch,
            config.data.images_per_identity,
            seed=config.seed,
            first_step=1,
            last_step=self.last_step,
        )
        num_classes = len(self.images.classes)
        torch.manual_seed(config.seed)
        self.model = _embedder(config, init, num_classes)
        criterion = IdentityLosses(config.loss, num_classes, self.model.feature_width)
        if config.loss.identity == "none":  # nothing is asked of them
            self.model.neck.weight.requires_grad_(False)
            self.model.classifier.requires_grad_(False)
        self.module = EmbedderWithLosses(self.model, criterion)
        place_model(self.module, hardware)
        self.optimizer = IdentityOptimizer(
            config.optimizer,
            config.schedule,
            self.model,
            hardware,
            last_step=self.last_step,
            steps_per_unit=steps_per_epoch,
            is_fused=config.engine.fused,
            losses=criterion,
        )
        self.optimizer.frozen_steps = self.frozen_steps
        self.parts = {"model": self.model, "losses": criterion, "optimizer": self.optimizer}
        self.inputs = {
            "manifest": [manifest.fingerprint for manifest in manifests],
            "init": _fingerprint(init) if init else None,
        }
        self.save_every = self.validate_every = config.validate_every_epochs * steps_per_epoch
        self.validates = bool(self.tests)
        self.measures = [f"{test.prefix}{name}" for test in self.tests for name in MEASURES]
        self.best_by = config.saving.best_by
        if self.best_by is None and self.found.held_out is not None:
            self.best_by = f"{HELD_OUT}/{MEASURES[0]}"
        self.selected_on = next(
            (
                test.name
                for test in self.tests
                if (self.best_by or "").rpartition("/")[0] == test.prefix.rstrip("/")
            ),
            "",
        )

    def remarks(self) -> Iterator[str]:
        """Yield what was left out or is smaller than asked for, and on what the best checkpoint is selected."""
        data, loss = self.config.data, self.config.loss
        if self.found.num_unknown:
            yield f"{self.found.num_unknown} training images of identity 0 or -1 are left out"
        if self.found.held_out is not None:
            num_people = len({row.identity for row in self.found.held_out.rows})
            yield f"{num_people} people with {len(self.found.held_out)} images are held out for validation"
        num_people = len(self.images.classes)
        if num_people < data.identities_per_batch:
            yield f"a batch has {num_people} people, not {data.identities_per_batch}: there are no more"
        schedule, epochs = self.config.schedule, self.config.epochs
        late = [f"{milestone:g}" for milestone in schedule.milestones if milestone >= epochs]
        if schedule.name == "multi-step" and late:
            yield f"schedule.milestones {', '.join(late)} come after the last of {epochs} epochs: never reached"
        if self.best_by is not None and self.found.held_out is None:
            yield (
                f"the best checkpoint is selected by {self.best_by} on {self.selected_on}, a set that scores are "
                "reported on: --hold-out 0.1 selects on training people instead"
            )
        if self.config.engine.accumulate > 1 and (loss.triplet != "none" or loss.circle_weight):
            yield pairs_within_parts("triplets are mined", self)

    def before(self, step: int) -> None:
        """Batch norm of a frozen backbone stands still, too; alone, a process saves its gradients' time."""
        if step <= self.frozen_steps + 1:
            learns = step > self.frozen_steps
            self.model.visual.train(learns)
            if self.world.size == 1:  # DistributedDataParallel waits for the gradients that it began with
                self.model.visual.requires_grad_(learns)

    def losses(self, module: Callable[..., Any], batch: IdentityBatch) -> Mapping[str, Tensor]:
        """The losses of a batch, and its `accuracy`."""
        losses: Mapping[str, Tensor] = module(
            self.hardware.images(batch.images), self.hardware.labels(batch.classes)
        )
        return losses

    def validate(self) -> dict[str, float]:
        """mAP and rank-1 on each test set."""
        return score_all(self.model, self.tests, self.config.data, self.hardware)

    def show(self, writer: Any, step: int) -> None:
        """Ranked lists of the first test set, for TensorBoard."""
        show_ranked(self.model, self.tests[0], self.config.data, self.hardware, writer, step)

    def metadata(self, step: int, recipe: Mapping[str, Any]) -> dict[str, Any]:
        """What the checkpoint says about itself."""
        return checkpoint_metadata(
            step=step, recipe=recipe, manifest=self.manifest, data=self.config.data, tokenizer=None
        )


class EmbedderWithLosses(nn.Module):
    """An embedder and its losses as one module: what processes share the gradients of."""

    def __init__(self, model: Embedder, criterion: IdentityLosses) -> None:
        super().__init__()
        self.model, self.criterion = model, criterion

    def forward(self, images: Tensor, classes: Tensor) -> dict[str, Tensor]:
        """The losses of images (B, 3, h, w) of classes (B,)."""
        pooled, normed = self.model(images)
        assert self.model.classifier is not None
        losses: dict[str, Tensor] = self.criterion(pooled, normed, self.model.classifier.weight, classes)
        return losses


def _embedder(config: FinetuneConfig, init: Path | None, num_classes: int) -> Embedder:
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


def _fingerprint(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
