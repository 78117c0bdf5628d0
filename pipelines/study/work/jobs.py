"""From the arms to jobs, each a chain of the real commands in a folder of its own.

All paths are relative to the study's folder, in which the commands run, so that fingerprints are the same in
every clone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..plan import ARMS, Arm
from ..sizes import Size
from . import costs
from .transfers import TARGET, Photographs

SOURCE, HELD_OUT = "data/source/manifest.jsonl", "data/heldout/gallery.jsonl"
ALIKE = "--workers 0 --precision float32"
"""Of commands that run a model, so that results are the same to the last digit."""


READING = Path(__file__).with_name("reading.py")


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
    """Return a command line; `line` is cut at blanks."""
    return Command(words=(*line.split(), *map(str, more)), to=to)


def options(settings: Mapping[str, object]) -> str:
    """Return `--set` for each, and what makes runs the same to the digit: one process, one precision."""
    always = {"precision": "float32", "device": "cpu", "data.workers": 0, "saving.tensorboard": "false"}
    named = {**settings, **always}.items()
    return " ".join(f"--set {key}={str(value).lower() if value is True else value}" for key, value in named)


def jobs(
    arms: Sequence[Arm], size: Size, photographs: Sequence[Photographs] = (), imagenet: str = ""
) -> list[Job]:
    """Return everything to do, in the order to do it: what is needed first, then seed by seed.

    `imagenet` is the name of the link to ImageNet's weights.
    """
    from .finetuning_jobs import finetuning_jobs
    from .pretraining_jobs import pretraining_jobs

    known = {arm.name: arm for arm in (*ARMS, *arms)}
    made = {job.name: job for job in data_jobs(size)}
    for seed in range(size.seeds):
        for arm in arms:
            start = pretraining_jobs(known[arm.continues or arm.name], size, seed, imagenet)
            for job in (*start.jobs, *finetuning_jobs(arm, size, seed, start, photographs)):
                made.setdefault(job.name, job)
    return list(made.values())


def data_jobs(size: Size) -> list[Job]:
    """Return the rendered people, and the target domain with few identities."""
    first = size.first_seed
    sets = (
        ("source", "source", size.people, size.views, first),
        ("heldout", "source", size.held_out, 4, first + 1),
        ("target", "target", size.target_people, size.target_views, first + 2),
    )
    after = {"heldout": (command(f"python {READING} gallery data/heldout/manifest.jsonl", to=HELD_OUT),)}
    rendered = [
        Job(
            name=f"data/{name}",
            kind="data",
            commands=(
                command(
                    f"vtbr-data render data/{name} --style {style} --identities {people} --views {views} "
                    f"--seed {seed} --pixels 64x128 --workers {size.workers}"
                ),
                *after.get(name, ()),
            ),
            seconds=costs.rendering_seconds(people, views),
        )
        for name, style, people, views, seed in sets
    ]
    words = f"vtbr-data select {TARGET} --split train --identities {size.few} -o data/few/manifest.jsonl"
    few = Job(name="data/few", kind="data", commands=(command(words),), needs=("data/target",), seconds=1.0)
    return [*rendered, few]
