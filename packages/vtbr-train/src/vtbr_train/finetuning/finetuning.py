"""Fine-tuning for Re-ID: the strong baseline of Luo et al., "Bag of Tricks" (CVPRW 2019), and its kin."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import torch
from torch import Tensor, nn

from vtbr_data.training import IdentityBatch, IdentityBatches
from vtbr_models.checkpoint import build_model, load_backbone, read_metadata
from vtbr_models.embedder import Embedder

from ..engine.engine import EngineConfig, hardware_for, place_model, share
from ..engine.hardware import DeviceChoice, Hardware, PrecisionChoice
from ..engine.world import World, joined
from ..inputs import checkpoint_metadata
from ..loop import train
from ..measuring.planning import plan
from ..optimizer.optimizer import OptimizerConfig
from ..optimizer.schedule import ScheduleConfig
from ..run.folder import Resume
from ..run.run import SavingConfig
from ..task import Task, pairs_within_parts
from .identity_data import IdentityDataConfig, batch_size, training_images
from .identity_optimizer import IdentityOptimizer
from .losses import IdentityLossConfig, IdentityLosses
from .validation import MEASURES, TestSet, can_score, check_test, score_all, show_ranked

if TYPE_CHECKING:
    from vtbr_data.manifest import Manifest


def _published_schedule() -> ScheduleConfig:
    return ScheduleConfig(name="multi-step", warmup=10, warmup_start=0.01, milestones=(40.0, 70.0))


@dataclass(frozen=True, kw_only=True, slots=True)
class FinetuneConfig:
    """Everything about a fine-tuning run; the defaults are the published strong baseline."""

    epochs: int = 120
    """An epoch is as many batches as hold each training image once."""
    backbone: str | None = None
    """Null takes that of --init (resnet50 from scratch)."""
    last_stride: int = 1
    pooling: Literal["average", "max", "gem", "avgmax", "avgmax-concat"] = "average"
    """`avgmax` adds average and maximum, `avgmax-concat` puts them side by side."""
    reduction: int | None = None
    """Width that the pooled feature is mapped to; null: as it is."""
    feature: Literal["neck", "before"] = "neck"
    """Which feature the trained model gives: after the neck, or before it."""
    frozen_epochs: int = 0
    """The backbone stays as it came for the first epochs."""
    seed: int = 0
    device: DeviceChoice = "auto"
    precision: PrecisionChoice = "auto"
    log_every: int = 20
    validate_every_epochs: int = 10
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
        for name in ("epochs", "log_every", "validate_every_epochs"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, not {getattr(self, name)}")
        if self.last_stride not in {1, 2}:
            raise ValueError(f"last_stride must be 1 or 2, not {self.last_stride}")
        if not 0 <= self.frozen_epochs <= self.epochs:
            raise ValueError(f"frozen_epochs must be in [0, {self.epochs}], not {self.frozen_epochs}")
        if self.reduction is not None and self.reduction < 1:
            raise ValueError(f"reduction must be at least 1, not {self.reduction}")
        if self.seed < 0:
            raise ValueError(f"seed must be at least 0, not {self.seed}")


def finetune(
    config: FinetuneConfig,
    manifests: Sequence[Manifest],
    folder: Path,
    *,
    init: Path | None = None,
    tests: Mapping[str, Manifest] | None = None,
    resume: Resume = "never",
    dry_run: bool = False,
) -> dict[str, Any]:
    """Train an embedder on the `train` rows of `manifests`, from checkpoint `init` or from scratch.

    Scores `tests` every few epochs, by default the first manifest's own query and gallery. Returns the last
    values and the checkpoint's path. Raises `InputError` for anything unusable, before training, and
    `Stopped` when a signal asks to stop. `dry_run` trains nothing and returns what the run would need.
    """
    with joined() as world:
        hardware = hardware_for(config.engine, config.device, config.precision, world)
        task = Finetuning(config, manifests, hardware, world, init=init, tests=tests)
        return plan(task) if dry_run else train(task, folder, resume=resume)


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
        self.images = training_images(config.data, manifests)
        self.tests = _test_sets(manifests[0], tests)
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

    def remarks(self) -> Iterator[str]:
        """That triplets are those of a part."""
        loss = self.config.loss
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


def _test_sets(manifest: Manifest, tests: Mapping[str, Manifest] | None) -> list[TestSet]:
    """The named test sets; without any, the manifest's own, whose scores go without a name."""
    named = [TestSet(f"{name}/", test) for name, test in (tests or {}).items()]
    sets = named or ([TestSet("", manifest)] if can_score(manifest) else [])
    for test in sets:
        check_test(test)
    return sets


def _embedder(config: FinetuneConfig, init: Path | None, num_classes: int) -> Embedder:
    name = config.backbone
    if name is None:
        name = "resnet50" if init is None else read_metadata(init)["architecture"]["visual"]["name"]
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
    if init is not None:
        load_backbone(model, init)
    return model


def _fingerprint(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
