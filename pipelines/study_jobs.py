"""The commands of the study: from the plan to jobs, each a chain of the real commands in a folder of its own.

All paths are relative to the study's folder, in which the commands run, so that fingerprints are the same in
every clone.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import study_plan as plan
from study_plan import Arm, Size

PACKAGES = (
    "vtbr-data",
    "vtbr-eval",
    "vtbr-models",
    "vtbr-train",
    "torch",
    "torchvision",
    "numpy",
    "tokenizers",
)
SOURCE, HELD_OUT, TARGET = (f"data/{name}/manifest.jsonl" for name in ("source", "heldout", "target"))


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


def jobs(arms: Sequence[Arm], size: Size) -> list[Job]:
    """Everything to do, in the order to do it: what is needed first, then seed by seed, long arms last."""
    made = {job.name: job for job in data_jobs(size)}
    for is_long in (False, True):
        for seed in range(size.seeds):
            for arm in arms:
                for job in arm_jobs(arm, size, seed) if (arm.longer > 1) is is_long else ():
                    made.setdefault(job.name, job)
    return list(made.values())


def data_jobs(size: Size) -> list[Job]:
    """The drawings, and the target domain with few identities."""
    sets = (
        ("source", f"--style source --identities {size.people} --views {size.views} --seed 1"),
        ("heldout", f"--style source --identities {size.held_out} --views 4 --seed 2"),
        (
            "target",
            f"--style target --identities {size.target_people} --views {size.target_views} --seed 3",
        ),
    )
    drawn = [
        Job(
            name=f"data/{name}",
            kind="data",
            commands=(command(f"vtbr-data draw data/{name} --workers {size.workers} {words}"),),
            seconds=plan.drawing_seconds(size) / len(sets),
        )
        for name, words in sets
    ]
    words = f"python {Path(__file__).with_name('study_people.py')} {TARGET} --people {size.few}"
    few = Job(name="data/few", kind="data", commands=(command(words, to="data/few/manifest.jsonl"),),
              needs=("data/target",), seconds=1.0)  # fmt: skip
    return [*drawn, few]


def arm_jobs(arm: Arm, size: Size, seed: int) -> list[Job]:
    """The captions, choice, pretraining and fine-tunings of an arm at a seed."""
    made: list[Job] = []
    start = None
    if arm.name == "imagenet":
        made.append(imagenet_job(size))
        start = f"{made[-1].name}/model.safetensors"
    elif arm.objectives:
        made += pretraining_jobs(arm, size, seed)
        start = f"{made[-1].name}/run/model.safetensors"
    for transfer, split in plan.transfers(arm, size, seed):
        if transfer == "viper":
            made.append(viper_job(split))
        made.append(finetuning_job(arm, size, seed, transfer, split, start))
    return made


def imagenet_job(size: Size) -> Job:
    """Torchvision's weights as a checkpoint; `imagenet.pth` links to the user's file."""
    name = f"pretrained/imagenet/{size.backbone}"
    words = f"vtbr-models convert imagenet.pth --from torchvision -o {name}/model.safetensors"
    facts = {"arm": "imagenet", "about": "torchvision's ImageNet weights", "seed": None}
    return Job(name=name, kind="pretrain", commands=(command(words),), seconds=plan.IMPORTING, facts=facts)


def captions_job(style: str, size: Size) -> Job:
    """Captions of one kind for those to learn from and those held out, and their tokenizer."""
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
    name = f"pretrained/{arm.name}/{seed}"
    weights = {"bicaptioning": 0, **dict.fromkeys(arm.objectives, 1)}
    steps = arm.longer * size.steps
    settings = {
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
    words = [
        f"vtbr-train pretrain {data[-1].name}/source.jsonl --root data/source",
        f"--validation data/heldout/{arm.captions}.jsonl --tokenizer {captions.name}/tokenizer.json",
        f"--recipe laptop {common(settings)} -o {name}/run",
    ]
    commands = [command(" ".join(words), to=f"{name}/trained.json"), *measuring(arm, name)]
    facts = {
        "arm": arm.name,
        "about": arm.about,
        "objectives": list(arm.objectives),
        "captions": arm.captions if arm.reads_captions else None,
        "fraction": arm.fraction,
        "selection": arm.selection if arm.fraction < 1 else None,
        "longer": arm.longer,
        "seed": seed,
        "steps": steps,
    }
    needs = tuple(job.name for job in data)
    seconds = plan.pretraining_seconds(arm, size)
    made = Job(
        name=name, kind="pretrain", commands=tuple(commands), needs=needs, seconds=seconds, facts=facts
    )
    return [*data, made]


def measuring(arm: Arm, name: str) -> list[Command]:
    """What a pretrained model says of people never seen: captions, or attributes."""
    model, held_out = f"{name}/run/model.safetensors", f"data/heldout/{arm.captions}.jsonl"
    how = "--workers 0 --precision float32"
    if arm.writes_captions:
        return [
            command(f"vtbr-models caption {model} {held_out} --greedy {how} -o {name}/said.jsonl"),
            command(f"vtbr-eval captions {name}/said.jsonl --reference {held_out} -o {name}/captions.json"),
        ]
    if "attribute_classification" in arm.objectives:
        return [
            command(f"vtbr-models attributes {model} {held_out} {how} -o {name}/said.jsonl"),
            command(
                f"vtbr-eval attributes {name}/said.jsonl --reference {held_out} -o {name}/attributes.json"
            ),
        ]
    return []


def viper_job(split: int | None) -> Job:
    """The manifest of one of VIPeR's ten splits; `viper` links to the user's folder."""
    name = f"data/viper-{split}"
    words = f"vtbr-data index viper viper --root viper --split-index {split} -o {name}/manifest.jsonl"
    return Job(name=name, kind="data", commands=(command(words),), seconds=1.0)


def finetuning_job(
    arm: Arm, size: Size, seed: int, transfer: str, split: int | None, start: str | None
) -> Job:
    """Fine-tuning from `start` (none: from scratch), features, scores, and for the first seed a report."""
    data, tested, root = {
        "few": ("data/few", TARGET, "data/target"),
        "many": ("data/target", TARGET, "data/target"),
        "frozen": ("data/target", TARGET, "data/target"),
        "viper": (f"data/viper-{split}", f"data/viper-{split}/manifest.jsonl", "viper"),
    }[transfer]
    epochs = {
        "few": size.few_epochs,
        "many": size.many_epochs,
        "frozen": size.frozen_epochs,
        "viper": size.viper_epochs,
    }[transfer]
    name = f"finetuned/{transfer}{'' if split is None else f'-{split}'}/{arm.name}/{seed}"
    settings: dict[str, object] = {
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
    if transfer == "frozen":
        settings |= {"frozen_epochs": epochs, "reduction": 256}
    train = f"vtbr-train finetune {data}/manifest.jsonl --root {root} {f'--init {start}' if start else ''}"
    train += f" --recipe laptop {common(settings)} -o {name}/run"
    model, features = f"{name}/run/model.safetensors", f"{name}/features.safetensors"
    extract = (
        f"vtbr-models extract {model} {tested} --root {root} --workers 0 --precision float32 -o {features}"
    )
    score = (
        f"vtbr-eval reid {features} --bootstrap 1000 --per-query {name}/queries.jsonl -o {name}/scores.json"
    )
    commands = [command(train, to=f"{name}/trained.json"), command(extract), command(score)]
    if seed == 0 and not split and transfer != "viper":
        report = f"vtbr-eval report {features} --root {root} --picture-budget 2 -o {name}/report.html"
        commands.append(command(report))
    facts = {
        "arm": arm.name,
        "about": arm.about,
        "objectives": list(arm.objectives),
        "captions": arm.captions if arm.reads_captions else None,
        "fraction": arm.fraction,
        "selection": arm.selection if arm.fraction < 1 else None,
        "longer": arm.longer,
        "seed": seed,
        "target": "viper" if transfer == "viper" else "drawn",
        "transfer": transfer,
        "identities": {"few": size.few, "viper": 316}.get(transfer, size.target_people // 2),
        "frozen": transfer == "frozen",
        "split": split,
        "epochs": epochs,
    }
    needs = [data, *(["data/target"] if data == "data/few" else [])]
    if start:
        needs.append(start.removesuffix("/model.safetensors").removesuffix("/run"))
    seconds = plan.finetuning_seconds(transfer, size)
    return Job(
        name=name, kind="finetune", commands=tuple(commands), needs=tuple(needs), seconds=seconds, facts=facts
    )


def common(settings: Mapping[str, object]) -> str:
    """`--set` for each, and what makes runs the same to the digit: one process, one precision."""
    always = {"precision": "float32", "device": "cpu", "data.workers": 0, "saving.tensorboard": "false"}
    return " ".join(f"--set {key}={value}" for key, value in {**settings, **always}.items())


def fingerprints(planned: Sequence[Job], inputs: Mapping[str, str]) -> dict[str, str]:
    """Of each job the SHA-256 of its command lines, of what it needs, of foreign inputs and of versions.

    `inputs` are digests of the user's own files by the name they are linked to (`viper`, `imagenet.pth`).
    """
    found: dict[str, str] = {}
    for job in planned:
        lines = [[[own_path(word) for word in step.words], step.to] for step in job.commands]
        used = {word for step in job.commands for word in step.words} & set(inputs)
        parts = [
            lines,
            versions(),
            [found[name] for name in job.needs],
            {name: inputs[name] for name in used},
        ]
        found[job.name] = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
    return found


def own_path(word: str) -> str:
    """The scripts of this folder by their names: clones lie in other places."""
    here = str(Path(__file__).parent)
    return Path(word).name if word.startswith(here) else word


def versions() -> dict[str, str]:
    """Of Python and of the packages that results depend on."""
    return {"python": sys.version.split()[0], **{name: version(name) for name in PACKAGES}}
