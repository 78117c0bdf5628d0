"""`vtbr-train benchmark`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from .options import JOBS, config_class, settings_options


@click.command()
@click.argument("job", type=click.Choice(JOBS))
@click.argument("manifest", default="-")
@click.option("--tokenizer", "tokenizer_path", type=click.Path(path_type=Path), help="For pretraining.")
@click.option("--root", type=click.Path(path_type=Path), help="Folder that the manifest's paths start from.")
@click.option("--steps", type=click.IntRange(1), default=5, show_default=True, help="Steps timed each way.")
@settings_options
def benchmark(
    job: str,
    manifest: str,
    tokenizer_path: Path | None,
    root: Path | None,
    steps: int,
    recipe: str | None,
    changes: tuple[str, ...],
) -> None:
    """Time JOB on the train images of MANIFEST without saving anything: what limits it, and by how much.

    Prints images a second of the network alone (floor), with the optimizer (step), of reading alone (data)
    and of all together, and the share of the hardware's peak that is reached.

    \b
    Example:
      vtbr-train benchmark pretrain people.jsonl --tokenizer tokenizer.json --recipe laptop | jq .limit
    """
    from vtbr_data.tokenizer import read_tokenizer
    from vtbr_data.training import read_images

    from .. import benchmarking
    from ..engine import hardware_for
    from ..finetuning import Finetuning
    from ..pretraining import Pretraining
    from ..settings import resolve
    from ..task import Task
    from ..world import joined

    config = resolve(config_class(job), job, recipe, changes)
    images = read_images(manifest, root=root)
    with joined() as world:
        hardware = hardware_for(config.engine, config.device, config.precision, world)
        task: Task
        if job == "pretrain":
            tokenizer = read_tokenizer(tokenizer_path) if tokenizer_path else None
            task = Pretraining(config, images, tokenizer, hardware, world)
        else:
            task = Finetuning(config, [images], hardware, world)
        found = benchmarking.benchmark(task, steps=steps)
    if world.is_first:
        click.echo(json.dumps(found))
