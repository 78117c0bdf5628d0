"""From the arms to jobs, in the order to do them."""

from __future__ import annotations

from collections.abc import Sequence

from ..plan import ARMS, Arm
from ..sizes import Size
from . import costs
from .finetuning_jobs import finetuning_jobs
from .job import HELD_OUT, READING, Job, command
from .pretraining_jobs import pretraining_jobs
from .transfers import TARGET, Photographs


def jobs(
    arms: Sequence[Arm], size: Size, photographs: Sequence[Photographs] = (), imagenet: str = ""
) -> list[Job]:
    """Return everything to do, in the order to do it: what is needed first, then seed by seed.

    `imagenet` is the name of the link to ImageNet's weights.
    """
    known = {arm.name: arm for arm in (*ARMS, *arms)}
    made = {job.name: job for job in data_jobs(size)}
    for seed in range(size.seeds):
        for arm in arms:
            start = pretraining_jobs(known[arm.continues or arm.name], size, seed, imagenet)
            for job in (*start.jobs, *finetuning_jobs(arm, size, seed, start, photographs)):
                made.setdefault(job.name, job)
    return needed(made)


def needed(made: dict[str, Job]) -> list[Job]:
    """Return the trainings, and of the data those that they need: a few arms don't need all of it."""
    wanted: set[str] = set()
    for job in reversed(made.values()):  # what is needed comes before what needs it
        if job.kind != "data" or job.name in wanted:
            wanted |= {job.name, *job.needs}
    return [job for job in made.values() if job.name in wanted]


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
