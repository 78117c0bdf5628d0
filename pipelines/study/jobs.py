"""From the arms to jobs, each a chain of the real commands in a folder of its own.

All paths are relative to the study's folder, in which the commands run, so that fingerprints are the same in
every clone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import costs
from .plan import Arm
from .sizes import Size
from .transfers import TARGET, Photographs, Transfer, transfers

SOURCE, HELD_OUT = "data/source/manifest.jsonl", "data/heldout/manifest.jsonl"
ALIKE = "--workers 0 --precision float32"
"""Of commands that run a model, so that results are the same to the last digit."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Command:
    """One command line; what it prints goes to the file `to`."""

    words: tuple[str, ...]
    to: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """A chain of commands that fills the folder `name`, after the jobs it needs."""

    name: str
    kind: str
    """`data`, `pretrain` or `finetune`; the last two have a line in the results."""
    commands: tuple[Command, ...]
    needs: tuple[str, ...] = ()
    seconds: float = 0.0
    """Of one thread, as planned."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """What its line in the results says of it."""


def command(line: str, *more: object, to: str | None = None) -> Command:
    """A command line; `line` is cut at blanks."""
    return Command(words=(*line.split(), *map(str, more)), to=to)


def jobs(arms: Sequence[Arm], size: Size, photographs: Sequence[Photographs] = ()) -> list[Job]:
    """Everything to do, in the order to do it: what is needed first, then seed by seed, long arms last."""
    made = {job.name: job for job in data_jobs(size)}
    for is_long in (False, True):
        for seed in range(size.seeds):
            for arm in arms:
                if (arm.longer > 1) is is_long:
                    for job in arm_jobs(arm, size, seed, photographs):
                        made.setdefault(job.name, job)
    return list(made.values())


def data_jobs(size: Size) -> list[Job]:
    """The rendered people, and the target domain with few identities."""
    target = f"--identities {size.target_people} --views {size.target_views}"
    sets = (
        ("source", f"--style source --identities {size.people} --views {size.views} --seed 1"),
        ("heldout", f"--style source --identities {size.held_out} --views 4 --seed 2"),
        ("target", f"--style target {target} --seed 3"),
    )
    rendered = [
        Job(
            name=f"data/{name}",
            kind="data",
            commands=(
                command(f"vtbr-data render data/{name} --pixels 64x128 --workers {size.workers} {words}"),
            ),
            seconds=costs.rendering_seconds(size) / len(sets),
        )
        for name, words in sets
    ]
    words = f"python {Path(__file__).with_name('people.py')} {TARGET} --people {size.few}"
    few = Job(name="data/few", kind="data", commands=(command(words, to="data/few/manifest.jsonl"),),
              needs=("data/target",), seconds=1.0)  # fmt: skip
    return [*rendered, few]


def arm_jobs(arm: Arm, size: Size, seed: int, photographs: Sequence[Photographs]) -> list[Job]:
    """The captions, choice of images, pretraining and fine-tunings of an arm at a seed."""
    made: list[Job] = []
    start = None
    if arm.name == "imagenet":
        made.append(imagenet_job(size))
        start = f"{made[-1].name}/model.safetensors"
    elif arm.objectives:
        made += pretraining_jobs(arm, size, seed)
        start = f"{made[-1].name}/run/model.safetensors"
    needed = made[-1].name if made else None
    for transfer in transfers(arm, size, seed, photographs):
        if transfer.kind == "viper":
            made.append(viper_job(transfer))
        made.append(finetuning_job(arm, size, seed, transfer, start, needed))
    return made


def imagenet_job(size: Size) -> Job:
    """Torchvision's weights as a checkpoint; `imagenet.pth` links to the user's file."""
    name = f"pretrained/imagenet/{size.backbone}"
    words = f"vtbr-models convert imagenet.pth --from torchvision -o {name}/model.safetensors"
    facts = {"arm": "imagenet", "about": "torchvision's ImageNet weights", "seed": None}
    return Job(name=name, kind="pretrain", commands=(command(words),), seconds=costs.IMPORTING, facts=facts)


def captions_job(style: str, size: Size) -> Job:
    """Captions of one style for the people to learn from and those held out, and their tokenizer."""
    name = f"data/captions-{style}"
    caption = f"--style {style} --per-image 2 --detail {size.detail}"
    commands = (
        command(f"vtbr-data caption {SOURCE} {caption} -o {name}/source.jsonl"),
        command(f"vtbr-data caption {HELD_OUT} {caption} -o data/heldout/{style}.jsonl"),
        command(f"vtbr-data tokenizer train {name}/source.jsonl -o {name}/tokenizer.json"),
    )
    return Job(name=name, kind="data", commands=commands, needs=("data/source", "data/heldout"), seconds=4.0)


def selection_job(arm: Arm, seed: int) -> Job:
    """Fewer images: at random by a seed, or selected, which needs none."""
    percent = round(100 * arm.fraction)
    how = f"--method random --seed {seed}"
    name = f"data/{arm.captions}-{percent}-random-{seed}"
    if arm.selection == "selected":
        how, name = "--method facility-location", f"data/{arm.captions}-{percent}-selected"
    words = f"vtbr-data select data/captions-{arm.captions}/source.jsonl --fraction {arm.fraction} {how}"
    return Job(
        name=name,
        kind="data",
        commands=(command(f"{words} -o {name}/source.jsonl"),),
        needs=(f"data/captions-{arm.captions}",),
        seconds=5.0,
    )


def pretraining_jobs(arm: Arm, size: Size, seed: int) -> list[Job]:
    """What pretraining reads, and pretraining, the last."""
    captions = captions_job(arm.captions, size)
    data = [captions] if arm.fraction == 1 else [captions, selection_job(arm, seed)]
    name, steps = f"pretrained/{arm.name}/{seed}", arm.longer * size.steps
    words = [
        f"vtbr-train pretrain {data[-1].name}/source.jsonl --root data/source",
        f"--validation data/heldout/{arm.captions}.jsonl@data/heldout --tokenizer {captions.name}/tokenizer.json",
        f"--recipe laptop {options(pretraining_settings(arm, size, seed, steps))} -o {name}/run",
    ]
    made = Job(
        name=name,
        kind="pretrain",
        commands=(command(" ".join(words), to=f"{name}/trained.json"), *measuring(arm, name)),
        needs=tuple(job.name for job in data),
        seconds=costs.pretraining_seconds(arm, size),
        facts={**arm.facts, "seed": seed, "steps": steps},
    )
    return [*data, made]


def pretraining_settings(arm: Arm, size: Size, seed: int, steps: int) -> dict[str, object]:
    """What differs from the recipe."""
    weights = {"bicaptioning": 0, **dict.fromkeys(arm.objectives, 1)}
    return {
        "seed": seed,
        "steps": steps,
        "batch_size": size.batch_size,
        "save_every": steps,
        "validate_every": max(1, steps // 4),
        "log_every": max(1, steps // 20),
        "schedule.warmup": min(50, size.steps // 4),
        "model.backbone": size.backbone,
        "model.textual": size.textual,
        "model.last_stride": size.last_stride,
        "data.height": size.height,
        "data.width": size.width,
        **{f"objectives.{objective}": weight for objective, weight in weights.items()},
    }


def measuring(arm: Arm, name: str) -> list[Command]:
    """What a pretrained model says of people never seen: captions, or attributes."""
    model, held_out = f"{name}/run/model.safetensors", f"data/heldout/{arm.captions}.jsonl"
    said, scores = f"{name}/said.jsonl", f"--reference {held_out} -o {name}"
    if arm.writes_captions:
        return [
            command(f"vtbr-models caption {model} {held_out} --greedy {ALIKE} -o {said}"),
            command(f"vtbr-eval captions {said} {scores}/captions.json"),
        ]
    if "attribute_classification" in arm.objectives:
        return [
            command(f"vtbr-models attributes {model} {held_out} {ALIKE} -o {said}"),
            command(f"vtbr-eval attributes {said} {scores}/attributes.json"),
        ]
    return []


def viper_job(transfer: Transfer) -> Job:
    """The manifest of one of VIPeR's ten splits; `viper` links to the user's folder."""
    index = f"vtbr-data index viper viper --root viper --split-index {transfer.split}"
    return Job(name=transfer.needs[0], kind="data", commands=(command(f"{index} -o {transfer.tested}"),),
               seconds=1.0)  # fmt: skip


def finetuning_job(
    arm: Arm, size: Size, seed: int, transfer: Transfer, start: str | None, needed: str | None
) -> Job:
    """Fine-tuning from `start` (None: from scratch), features, scores, and for the first seed a report.

    Without epochs the features are those of `start` itself. `needed` is the job that makes `start`.
    """
    name = f"finetuned/{transfer.name}/{arm.name}/{seed}"
    root, features = f"--root {transfer.root}", f"{name}/features.safetensors"
    model = f"{name}/run/model.safetensors" if transfer.epochs else start
    scores = f"{name}/queries.jsonl -o {name}/scores.json"
    train = f"vtbr-train finetune {transfer.trained} {root} {f'--init {start}' if start else ''}"
    train += f" --recipe laptop {options(finetuning_settings(size, seed, transfer))} -o {name}/run"
    commands = [
        *([command(train, to=f"{name}/trained.json")] if transfer.epochs else []),
        command(f"vtbr-models extract {model} {transfer.tested} {root} {ALIKE} -o {features}"),
        command(f"vtbr-eval reid {features} --bootstrap 1000 --per-query {scores}"),
    ]
    if seed == 0 and transfer.split is None:
        report = f"vtbr-eval report {features} {root} --picture-budget 2 -o {name}/report.html"
        commands.append(command(report))
    return Job(
        name=name,
        kind="finetune",
        commands=tuple(commands),
        needs=(*transfer.needs, *([needed] if needed else [])),
        seconds=costs.finetuning_seconds(transfer, size),
        facts={**arm.facts, "seed": seed, **transfer.facts},
    )


def finetuning_settings(size: Size, seed: int, transfer: Transfer) -> dict[str, object]:
    """What differs from the recipe: Adam, whose rates fall after two thirds and eleven twelfths of the epochs.

    All arms are fine-tuned as Bag of Tricks has it, in batches of 8 x 4.
    """
    epochs = transfer.epochs
    settings: dict[str, object] = {
        "data.identities_per_batch": 8,
        "data.jitter": 0,
        "data.jitter_balance": 0,
        "loss.triplet_margin": 0.3,
        "loss.centre_weight": 5e-4,
        "optimizer.name": "adam",
        "optimizer.learning_rate": 1e-3,
        "schedule.name": "multi-step",
        "schedule.warmup_start": 0.01,
        "seed": seed,
        "epochs": epochs,
        "validate_every_epochs": max(1, epochs // 3),
        "log_every": 10,
        "schedule.warmup": max(1, epochs // 6),
        "schedule.milestones": f"[{2 * epochs // 3},{max(11 * epochs // 12, 2 * epochs // 3 + 1)}]",
        "backbone": size.backbone,
        "data.height": size.height,
        "data.width": size.width,
        "data.pad_px": max(2, size.height // 24),
    }
    return settings | ({"frozen_epochs": epochs, "reduction": 256} if transfer.is_frozen else {})


def options(settings: Mapping[str, object]) -> str:
    """`--set` for each, and what makes runs the same to the digit: one process, one precision."""
    always = {"precision": "float32", "device": "cpu", "data.workers": 0, "saving.tensorboard": "false"}
    return " ".join(f"--set {key}={value}" for key, value in {**settings, **always}.items())
