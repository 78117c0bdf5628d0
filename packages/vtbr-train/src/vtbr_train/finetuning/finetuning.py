"""Fine-tuning for Re-ID: the strong baseline of Luo et al., "Bag of Tricks" (CVPRW 2019), and its kin."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from vtbr_data.training import IdentityBatch, IdentityBatches

from ..captions import decays
from ..engine import Hardware, World, hardware_for, joined, place_model, share
from ..errors import InputError
from ..inputs import checkpoint_metadata
from ..loop import train
from ..measuring import plan
from ..run import Resume
from ..settings import from_values, to_values
from ..task import Task, pairs_within_parts
from .config import FinetuneConfig
from .distillation import Teacher
from .identity_data import batch_size, remarks_on_images, training_images
from .identity_optimizer import IdentityOptimizer
from .joint import CaptionSource, JointCaptions, JointConfig, captioned_per_step
from .joint_batches import JointBatch, JointImages, JointOrder
from .losses import IdentityLosses
from .network import EmbedderWithLosses, build_embedder
from .scored_sets import HELD_OUT, scored_sets
from .validation import MEASURES, score_all, show_ranked

if TYPE_CHECKING:
    from vtbr_data.manifest import Manifest


def finetune(
    config: FinetuneConfig,
    manifests: Sequence[Manifest],
    folder: Path,
    *,
    init: Path | None = None,
    teachers: Sequence[Path] = (),
    tests: Mapping[str, Manifest] | None = None,
    captions: CaptionSource | None = None,
    resume: Resume = "never",
    dry_run: bool = False,
    command: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Train an embedder on the `train` rows of `manifests`, from checkpoint `init` or from scratch.

    With `captions` each step also learns those of other images, as `config.joint` says; with
    `loss.distillation` the network learns from the checkpoints `teachers` as well. Scores `tests` every few
    epochs, by default the first manifest's own query and gallery. Returns the last values and the checkpoint's
    path. Raises `InputError` for anything unusable, before training, and `Stopped` when a signal asks to stop.
    `dry_run` trains nothing and returns what the run would need. `command` is kept in the run's folder for
    `vtbr-train resume`.
    """
    config = from_values(FinetuneConfig, to_values(config))  # an object made in Python is checked here
    with joined() as world:
        hardware = hardware_for(config.engine, config.device, config.precision, world)
        task = Finetuning(
            config, manifests, hardware, world, init=init, teachers=teachers, tests=tests, captions=captions
        )
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
        teachers: Sequence[Path] = (),
        tests: Mapping[str, Manifest] | None = None,
        captions: CaptionSource | None = None,
    ) -> None:
        self.config, self.hardware, self.world = config, hardware, world
        self.manifest = manifests[0]
        self.teacher = Teacher.of(teachers, config.loss.distillation, hardware)
        self._read(manifests, tests)
        torch.manual_seed(config.seed)
        criterion = self._build(init)
        self.joint = self._joint(captions, init)
        self.module = EmbedderWithLosses(self.model, criterion, self.joint, config.joint.weight)
        place_model(self.module, hardware)
        self.optimizer = self._optimizer(criterion)
        self.parts = {"model": self.model, "losses": criterion, "optimizer": self.optimizer}
        self.inputs = {
            "manifest": [manifest.fingerprint for manifest in manifests],
            "init": _fingerprint(init) if init else None,
            **({"teacher": "+".join(map(_fingerprint, teachers))} if teachers else {}),
        }
        if self.joint is not None:
            self.parts = {**self.parts, "captions": self.joint.heads}
            self.inputs |= self.joint.inputs
        self.save_every = self.validate_every = config.validate_every_epochs * self.steps_per_epoch
        self.measures = [f"{test.prefix}{name}" for test in self.tests for name in MEASURES]
        self.best_by, self.selected_on = self._selection()

    def remarks(self) -> Iterator[str]:
        """Yield what was left out or is smaller than asked for, and on what the best checkpoint is selected."""
        if self.joint is not None:
            yield from self.joint.remarks()
        yield from remarks_on_images(self.found, self.config.data)
        yield from self._remarks_on_length()
        if self.best_by is not None and self.found.held_out is None:
            yield (
                f"the best checkpoint is selected by {self.best_by} on {self.selected_on}, a set that scores are "
                "reported on: --hold-out 0.1 selects on training people instead"
            )
        if self.teacher is not None:
            by = self.config.loss.distillation_by
            yield f"distilled from {self.teacher.about}, by the {by} of its features"
        if self.config.engine.accumulate > 1:
            yield from self._remarks_on_parts()

    def before(self, step: int) -> None:
        """Keep batch norm of a frozen backbone as well; a single process saves the time of its gradients."""
        if step <= self.frozen_steps + 1:
            learns = step > self.frozen_steps
            self.model.visual.train(learns)
            if self.world.size == 1:  # DistributedDataParallel waits for the gradients that it began with
                self.model.visual.requires_grad_(learns)

    def losses(self, module: Callable[..., Any], batch: IdentityBatch | JointBatch) -> Mapping[str, Tensor]:
        """Return the losses of a batch, and its `accuracy`."""
        images, classes = self.hardware.images(batch.images), self.hardware.labels(batch.classes)
        captioned = None if isinstance(batch, IdentityBatch) else batch._asdict()
        taught = None
        if self.teacher is not None:
            own = images[: len(classes)]
            seen = own if batch.teacher_images is None else self.hardware.images(batch.teacher_images)
            taught = self.teacher(seen)
        losses: Mapping[str, Tensor] = module(images, classes, captioned, taught)
        return losses

    def validate(self) -> dict[str, float]:
        """Return mAP and rank-1 on each test set."""
        return score_all(self.model, self.tests, self.config.data, self.hardware)

    def show(self, writer: Any, step: int) -> None:
        """Show ranked lists of the first test set, for TensorBoard."""
        show_ranked(self.model, self.tests[0], self.config.data, self.hardware, writer, step)

    def metadata(self, step: int, recipe: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the checkpoint says about itself."""
        return checkpoint_metadata(
            step=step, recipe=recipe, manifest=self.manifest, data=self.config.data, tokenizer=None
        )

    def _read(self, manifests: Sequence[Manifest], tests: Mapping[str, Manifest] | None) -> None:
        """Take the images to learn from and to validate on, and the order of the first."""
        config, data = self.config, self.config.data
        size = None if self.teacher is None else self.teacher.size
        self.found = training_images(data, manifests, seed=config.seed, teacher_size=size)
        self.images = self.found.images
        self.tests = scored_sets(manifests[0], tests, self.found.held_out, config.protocol)
        self.validates = bool(self.tests)
        self.images_per_step = batch_size(data, self.images)
        num_identities = self.images_per_step // data.images_per_identity
        share(num_identities, config.engine, self.world, what="data.identities_per_batch")
        self.steps_per_epoch = max(1, len(self.images) // self.images_per_step)
        self.last_step = config.epochs * self.steps_per_epoch
        self.frozen_steps = config.frozen_epochs * self.steps_per_epoch
        self.order = IdentityBatches(
            [row.identity for row in self.images.samples.rows],
            data.identities_per_batch,
            data.images_per_identity,
            seed=config.seed,
            first_step=1,
            last_step=self.last_step,
        )

    def _build(self, init: Path | None) -> IdentityLosses:
        """Build the model, and return its losses; what no loss asks for does not learn."""
        loss, num_classes = self.config.loss, len(self.found.images.classes)
        self.model = build_embedder(self.config, init, num_classes)
        criterion = IdentityLosses(loss, num_classes, self.model.feature_width)
        if self.teacher is not None:
            self.teacher.check_width(loss.distillation_by, self.model.feature_width)
        if loss.identity == "none":
            is_taught = self.teacher is not None and self.config.feature == "neck"
            self.model.neck.weight.requires_grad_(is_taught)
            self.model.classifier.requires_grad_(False)
        return criterion

    def _optimizer(self, criterion: IdentityLosses) -> IdentityOptimizer:
        """Return what moves model, centres and heads of captions, the backbone frozen as configured."""
        optimizer = IdentityOptimizer(
            self.config.optimizer,
            self.config.schedule,
            self.model if self.joint is None else _as_one(self.model, self.joint.heads),
            self.hardware,
            last_step=self.last_step,
            steps_per_unit=self.steps_per_epoch,
            decays=decays,
            is_fused=self.config.engine.fused,
            losses=criterion,
        )
        optimizer.frozen_steps = self.frozen_steps
        return optimizer

    def _selection(self) -> tuple[str | None, str]:
        """Return the measure that the best checkpoint is chosen by, and the name of the set it is computed on."""
        best_by = self.config.saving.best_by
        if best_by is None and self.found.held_out is not None:
            best_by = f"{HELD_OUT}/{MEASURES[0]}"
        prefix = (best_by or "").rpartition("/")[0]
        names = (test.name for test in self.tests if test.prefix.rstrip("/") == prefix)
        return best_by, next(names, "")

    def _remarks_on_length(self) -> Iterator[str]:
        epochs, schedule, data = self.config.epochs, self.config.schedule, self.config.data
        if self.steps_per_epoch == 1:
            num_people = batch_size(data, self.found.images) // data.images_per_identity
            yield (
                f"an epoch is one step, as a batch takes {num_people} people x {data.images_per_identity} pictures "
                f"of the {len(self.found.images)} there are: epochs = {epochs} is the number of steps; take more by "
                f"--set epochs={10 * epochs}, or smaller batches by --set data.identities_per_batch="
                f"{max(2, num_people // 4)}"
            )
        late = [f"{milestone:g}" for milestone in schedule.milestones if milestone >= epochs]
        if schedule.name == "multi-step" and late:
            yield f"schedule.milestones {', '.join(late)} come after the last of {epochs} epochs: never reached"

    def _remarks_on_parts(self) -> Iterator[str]:
        """Yield which losses of pairs see fewer of them."""
        loss = self.config.loss
        if self.teacher and loss.distillation_by == "similarities":
            yield pairs_within_parts("pairs are compared with the teacher's", self)
        if loss.triplet != "none" or loss.circle_weight:
            yield pairs_within_parts("triplets are mined", self)
        if self.joint and self.config.joint.objectives.contrastive:
            yield pairs_within_parts("images and captions are contrasted", self)

    def _joint(self, source: CaptionSource | None, init: Path | None) -> JointCaptions | None:
        """Take captioned images into every batch, where there are some."""
        config = self.config
        if source is None:
            if config.joint != JointConfig():
                raise InputError("the settings of joint say how --captions is learnt from: give it, too")
            return None
        num_parts = self.world.size * config.engine.accumulate
        border = self.images_per_step // num_parts
        captioned = captioned_per_step(config.joint.share, self.images_per_step, num_parts)
        joint = JointCaptions(
            config.joint,
            source,
            self.model.visual,
            config.data,
            init=init,
            per_step=captioned,
            seed=config.seed,
            last_step=self.last_step,
        )
        self.images = JointImages(self.found.images, joint.images, border)
        self.order = JointOrder(
            self.order, joint.order, num_identity_images=len(self.found.images), parts=num_parts
        )
        self.images_per_step += captioned
        return joint


def _as_one(model: nn.Module, heads: nn.ModuleDict) -> nn.Module:
    """Return the embedder and the heads of captions, without a second name for the backbone."""
    return nn.ModuleDict({**dict(model.named_children()), **heads})


def _fingerprint(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
