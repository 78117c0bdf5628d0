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
from .identity_data import batch_size, training_images
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
    teacher: Path | None = None,
    tests: Mapping[str, Manifest] | None = None,
    captions: CaptionSource | None = None,
    resume: Resume = "never",
    dry_run: bool = False,
    command: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Train an embedder on the `train` rows of `manifests`, from checkpoint `init` or from scratch.

    With `captions` each step also learns those of other images, as `config.joint` says; with
    `loss.distillation` the network learns from the checkpoint `teacher` as well. Scores `tests` every few
    epochs, by default the first manifest's own query and gallery. Returns the last values and the checkpoint's
    path. Raises `InputError` for anything unusable, before training, and `Stopped` when a signal asks to stop.
    `dry_run` trains nothing and returns what the run would need. `command` is kept in the run's folder for
    `vtbr-train resume`.
    """
    config = from_values(FinetuneConfig, to_values(config))  # an object made in Python is checked here
    with joined() as world:
        hardware = hardware_for(config.engine, config.device, config.precision, world)
        task = Finetuning(
            config, manifests, hardware, world, init=init, teacher=teacher, tests=tests, captions=captions
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
        teacher: Path | None = None,
        tests: Mapping[str, Manifest] | None = None,
        captions: CaptionSource | None = None,
    ) -> None:
        self.config, self.hardware, self.world = config, hardware, world
        self.manifest = manifests[0]
        self.teacher = Teacher.of(teacher, config.loss.distillation, hardware)
        size = None if self.teacher is None else self.teacher.size
        self.found = training_images(config.data, manifests, seed=config.seed, teacher_size=size)
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
        self.model = build_embedder(config, init, num_classes)
        criterion = IdentityLosses(config.loss, num_classes, self.model.feature_width)
        if self.teacher is not None:
            self.teacher.check_width(config.loss.distillation_by, self.model.feature_width)
        if config.loss.identity == "none":  # nothing is asked of them
            is_taught = self.teacher is not None and config.feature == "neck"
            self.model.neck.weight.requires_grad_(is_taught)
            self.model.classifier.requires_grad_(False)
        self.joint = self._joint(captions, init)
        self.module = EmbedderWithLosses(self.model, criterion, self.joint, config.joint.weight)
        place_model(self.module, hardware)
        self.optimizer = IdentityOptimizer(
            config.optimizer,
            config.schedule,
            self.model if self.joint is None else _as_one(self.model, self.joint.heads),
            hardware,
            last_step=self.last_step,
            steps_per_unit=steps_per_epoch,
            decays=decays,
            is_fused=config.engine.fused,
            losses=criterion,
        )
        self.optimizer.frozen_steps = self.frozen_steps
        self.parts = {"model": self.model, "losses": criterion, "optimizer": self.optimizer}
        self.inputs = {
            "manifest": [manifest.fingerprint for manifest in manifests],
            "init": _fingerprint(init) if init else None,
            **({"teacher": _fingerprint(teacher)} if teacher else {}),
        }
        if self.joint is not None:
            self.parts = {**self.parts, "captions": self.joint.heads}
            self.inputs |= self.joint.inputs
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
        if self.joint is not None:
            yield from self.joint.remarks()
        if self.found.num_unknown:
            yield f"{self.found.num_unknown} training images of identity 0 or -1 are left out"
        if self.found.held_out is not None:
            num_people = len({row.identity for row in self.found.held_out.rows})
            yield f"{num_people} people with {len(self.found.held_out)} images are held out for validation"
        num_people = len(self.found.images.classes)
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
        if self.teacher is not None:
            yield f"distilled from {self.teacher.about}, by the {loss.distillation_by} of its features"
        if self.config.engine.accumulate > 1 and self.teacher and loss.distillation_by == "similarities":
            yield pairs_within_parts("pairs are compared with the teacher's", self)
        if self.config.engine.accumulate > 1 and (loss.triplet != "none" or loss.circle_weight):
            yield pairs_within_parts("triplets are mined", self)
        if self.config.engine.accumulate > 1 and self.joint and self.config.joint.objectives.contrastive:
            yield pairs_within_parts("images and captions are contrasted", self)

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
