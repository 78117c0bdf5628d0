"""How an arm's backbone begins: captions, a choice of people, a tokenizer, pretraining, and what it then can do."""

from __future__ import annotations

from dataclasses import dataclass

from ..plan import Arm
from ..sizes import Size
from . import costs
from .job import ALIKE, HELD_OUT, READING, SOURCE, Command, Job, command, options


@dataclass(frozen=True, kw_only=True, slots=True)
class Start:
    """Where an arm's fine-tunings start from."""

    jobs: tuple[Job, ...] = ()
    model: str | None = None
    """The checkpoint; None: from scratch."""
    captions: str | None = None
    """The folder of the captions that it has learnt."""
    arm: Arm | None = None
    """Whose pretraining it is."""

    @property
    def needs(self) -> tuple[str, ...]:
        """The job that makes the checkpoint."""
        return (self.jobs[-1].name,) if self.jobs else ()


def pretraining_jobs(arm: Arm, size: Size, seed: int, imagenet: str) -> Start:
    """Return pretraining and what it needs; nothing for an arm from scratch."""
    if arm.name == "imagenet":
        job = imagenet_job(size, imagenet)
        return Start(jobs=(job,), model=f"{job.name}/model.safetensors", arm=arm)
    if not arm.objectives:
        return Start(arm=arm)
    captions = captions_job(arm, size)
    data = [captions] if arm.share == 1 else [captions, share_job(arm, captions, size)]
    name = f"pretrained/{arm.name}/{seed}"
    words = [
        f"vtbr-train pretrain {data[-1].name}/source.jsonl --root data/source",
        f"--validation {held_out(captions)}@data/heldout --tokenizer {captions.name}/tokenizer.json",
        f"{options(pretraining_settings(arm, size, seed))} -o {name}/run",
    ]
    made = Job(
        name=name,
        kind="pretrain",
        commands=(
            command(" ".join(words), to=f"{name}/trained.json"),
            *measuring(arm, name, held_out(captions)),
        ),
        needs=tuple(job.name for job in data),
        seconds=costs.pretraining_seconds(arm, size),
        facts={
            **arm.facts,
            "seed": seed,
            "steps": arm.steps(size),
            "images": round(arm.share * size.people) * size.views,
        },
    )
    return Start(jobs=(*data, made), model=f"{name}/run/model.safetensors", captions=captions.name, arm=arm)


def imagenet_job(size: Size, link: str) -> Job:
    """Return ImageNet's weights as a checkpoint; `link` leads to the user's file."""
    name = f"pretrained/imagenet/{size.imagenet_backbone}"
    words = f"vtbr-models convert {link} -o {name}/model.safetensors"
    facts = {"arm": "imagenet", "base": "imagenet", "about": "ImageNet classification", "seed": None}
    return Job(name=name, kind="pretrain", commands=(command(words),), seconds=costs.IMPORTING, facts=facts)


def captions_job(arm: Arm, size: Size) -> Job:
    """Return captions of one style for the people to learn from and those held out, and their tokenizer."""
    detail = size.detail if arm.detail is None else arm.detail
    name = f"data/captions-{arm.captions}-{arm.per_image}-{detail:g}"
    caption = f"--style {arm.captions} --per-image {arm.per_image} --detail {detail:g}"
    commands = (
        command(f"vtbr-data caption {SOURCE} {caption} -o {name}/source.jsonl"),
        command(f"vtbr-data caption {HELD_OUT} {caption} -o {name}/heldout.jsonl"),
        command(f"vtbr-data tokenizer train {name}/source.jsonl -o {name}/tokenizer.json"),
    )
    seconds = 2 + size.people * size.views * arm.per_image / 10_000
    return Job(
        name=name, kind="data", commands=commands, needs=("data/source", "data/heldout"), seconds=seconds
    )


def held_out(captions: Job) -> str:
    """Return the manifest of the captioned people who are held out."""
    return f"{captions.name}/heldout.jsonl"


def share_job(arm: Arm, captions: Job, size: Size) -> Job:
    """Return fewer people, of a larger share a part."""
    people = max(2, round(arm.share * size.people))
    name = f"{captions.name}-{people}"
    words = f"vtbr-data select {captions.name}/source.jsonl --identities {people} --seed {size.first_seed}"
    return Job(name=name, kind="data", commands=(command(f"{words} -o {name}/source.jsonl"),),
               needs=(captions.name,), seconds=5.0)  # fmt: skip


def pretraining_settings(arm: Arm, size: Size, seed: int) -> dict[str, object]:
    """Return what differs from the recipe."""
    steps = arm.steps(size)
    return {
        "seed": seed,
        "steps": steps,
        "batch_size": size.batch_size,
        "save_every": steps,
        "validate_every": max(1, steps // 4),
        "log_every": max(1, steps // 20),
        "schedule.warmup": min(50, steps // 4),
        "model.backbone": arm.backbone(size),
        "model.textual": size.textual,
        "model.max_tokens": size.max_tokens,
        "model.last_stride": size.last_stride,
        "data.height": size.height,
        "data.width": size.width,
        "data.crop_area": "[0.6,1.0]",
        "data.jitter": 0,
        "model.dropout": 0,
        "optimizer.name": "adamw",
        "optimizer.learning_rate": 1e-3,
        "optimizer.backbone_learning_rate": 1e-3,
        "optimizer.lookahead_steps": 0,
        **{f"objectives.{name}": weight for name, weight in {"bicaptioning": 0, **arm.objectives}.items()},
        **arm.options,
    }


def measuring(arm: Arm, name: str, manifest: str) -> list[Command]:
    """Return what a pretrained model says of people never seen: captions, attributes, and whom a caption
    finds.
    """
    model, said = f"{name}/run/model.safetensors", f"{name}/said.jsonl"
    root, found = "--root data/heldout", []
    if arm.writes_captions:
        wanted, scored = f"{name}/wanted.txt", f"{name}/scored.jsonl"
        read = "--relative" if "bicaptioning" in arm.objectives else "--relative --direction forward"
        found += [
            command(f"vtbr-models caption {model} {manifest} {root} --greedy {ALIKE} -o {said}"),
            command(f"vtbr-eval captions {said} --reference {manifest} -o {name}/captions.json"),
            command(f"python {READING} sentences", to=wanted),
            command(
                f"vtbr-models score {model} {manifest} {root} --captions {wanted} {read} {ALIKE} -o {scored}"
            ),
            command(f"python {READING} read {scored} {manifest}", to=f"{name}/reading.json"),
        ]
    if "attribute_classification" in arm.objectives:
        found += [
            command(f"vtbr-models attributes {model} {manifest} {root} {ALIKE} -o {said}"),
            command(f"vtbr-eval attributes {said} --reference {manifest} -o {name}/attributes.json"),
        ]
    if "contrastive" in arm.objectives:
        texts, images = f"{name}/texts.safetensors", f"{name}/images.safetensors"
        found += [
            command(f"vtbr-models extract {model} {manifest} {root} {ALIKE} --texts -o {texts}"),
            command(f"vtbr-models extract {model} {manifest} {root} {ALIKE} --joint -o {images}"),
            command(f"vtbr-eval search {texts} {images} --bootstrap 1000 -o {name}/search.json"),
        ]
    return found
