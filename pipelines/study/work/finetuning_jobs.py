"""What an arm's backbone is worth: fine-tunings, or the pretrained features as they are, and their scores."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..plan import JOINT_WEIGHT, Arm
from ..sizes import Size
from . import costs
from .job import ALIKE, Job, command, options
from .pretraining_jobs import Start
from .transfers import Photographs, Transfer, transfers


def finetuning_jobs(
    arm: Arm, size: Size, seed: int, start: Start, photographs: Sequence[Photographs]
) -> Iterator[Job]:
    """Yields the fine-tunings of an arm at a seed, and the data that they need."""
    for transfer in transfers(arm, size, seed, photographs):
        if transfer.target == "viper":
            yield viper_job(transfer)
        yield finetuning_job(arm, size, seed, transfer, start)


def viper_job(transfer: Transfer) -> Job:
    """Return the manifest of one of VIPeR's ten splits; `viper` links to the user's folder."""
    index = f"vtbr-data index viper viper --root viper --split-index {transfer.split}"
    return Job(name=transfer.needs[0], kind="data", commands=(command(f"{index} -o {transfer.tested}"),),
               seconds=1.0)  # fmt: skip


def finetuning_job(arm: Arm, size: Size, seed: int, transfer: Transfer, start: Start) -> Job:
    """Return fine-tuning, features, scores, and with few identities at the first seed a report.

    Without epochs the features are those that it starts from.
    """
    name = f"finetuned/{transfer.name}/{arm.name}/{seed}"
    root, features = f"--root {transfer.root}", f"{name}/features.safetensors"
    model = f"{name}/run/model.safetensors" if transfer.epochs else start.model
    scores = f"{name}/queries.jsonl -o {name}/scores.json"
    settings = finetuning_settings(arm, size, seed, transfer)
    captions = ""
    if arm.continues:
        assert start.arm is not None
        captions = f"--captions {start.captions}/source.jsonl@data/source "
        settings |= joint_settings(start.arm, size)
    train = f"vtbr-train finetune {transfer.trained} {root} {f'--init {start.model}' if start.model else ''}"
    train += f" {captions}--recipe bag-of-tricks {options(settings)} -o {name}/run"
    commands = [
        *([command(train, to=f"{name}/trained.json")] if transfer.epochs else []),
        command(f"vtbr-models extract {model} {transfer.tested} {root} {ALIKE} -o {features}"),
        command(f"vtbr-eval reid {features} --bootstrap 1000 --per-query {scores}"),
    ]
    if seed == 0 and transfer.kind == "few":
        report = f"vtbr-eval report {features} {root} --picture-budget 2 -o {name}/report.html"
        commands.append(command(report))
    return Job(
        name=name,
        kind="finetune",
        commands=tuple(commands),
        needs=(*transfer.needs, *start.needs),
        seconds=costs.finetuning_seconds(arm, transfer, size, start.arm if arm.continues else None),
        facts={**arm.facts, "seed": seed, **transfer.facts},
    )


def finetuning_settings(arm: Arm, size: Size, seed: int, transfer: Transfer) -> dict[str, object]:
    """Return what differs from the recipe: Adam, whose rates fall after two thirds and eleven twelfths of the
    epochs.

    All arms are fine-tuned as Bag of Tricks has it, in batches of 8 x 4.
    """
    epochs = transfer.epochs
    settings: dict[str, object] = {
        "data.identities_per_batch": 8,
        "optimizer.learning_rate": 1e-3,
        "seed": seed,
        "epochs": epochs,
        "validate_every_epochs": max(1, epochs // 3),
        "log_every": 10,
        "schedule.warmup": max(1, epochs // 6),
        "schedule.milestones": f"[{2 * epochs // 3},{max(11 * epochs // 12, 2 * epochs // 3 + 1)}]",
        "backbone": arm.backbone(size),
        "data.height": size.height,
        "data.width": size.width,
        "data.pad_px": max(2, size.height // 24),
    }
    return settings | ({"frozen_epochs": epochs, "reduction": 256} if transfer.is_frozen else {})


def joint_settings(arm: Arm, size: Size) -> dict[str, object]:
    """Return what a joint fine-tuning continues to learn: the captions of `arm`, as it learnt them."""
    objectives = {"bicaptioning": 0, **arm.objectives}
    return {
        "joint.weight": JOINT_WEIGHT,
        "joint.share": 0.5,
        "joint.text.textual": size.textual,
        "joint.text.max_tokens": size.max_tokens,
        "joint.text.dropout": 0,
        **{f"joint.objectives.{name}": weight for name, weight in objectives.items()},
        **{f"joint.{key}": value for key, value in arm.options.items()},
    }
