"""`vtbr-train benchmark`."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from . import options

_RENDERED = ["--style", "source", "--identities", "32", "--views", "8"]


@click.command()
@click.argument("job", type=click.Choice(options.JOBS))
@click.argument("manifest", default="-")
@options.tokenizer
@options.root
@click.option("--steps", type=click.IntRange(1), default=5, show_default=True, help="Steps timed each way.")
@click.option("--synthetic", is_flag=True, help="Render people and read them, in the place of MANIFEST.")
@options.recipe
@options.changes
def benchmark(
    job: str,
    manifest: str,
    tokenizer_path: Path | None,
    root: Path | None,
    steps: int,
    synthetic: bool,
    recipe: str | None,
    changes: tuple[str, ...],
) -> None:
    """Time JOB on the train images of MANIFEST without saving anything: what limits it, and by how much.

    Prints images a second of the network alone (floor), with the optimizer (step), of reading alone (data)
    and of all together, and the share of the hardware's peak that is reached.

    \b
    Example:
      vtbr-train benchmark pretrain --synthetic --set batch_size=64 | jq .images_per_second
      vtbr-train benchmark pretrain people.jsonl --tokenizer tokenizer.json --recipe laptop | jq .limit
    """
    from vtbr_data.tokenizer import read_tokenizer, train_tokenizer
    from vtbr_data.training import read_images

    from ..engine import hardware_for, joined
    from ..errors import InputError
    from ..finetuning import Finetuning
    from ..measuring import benchmark as measured
    from ..pretraining import Pretraining
    from ..settings import resolve
    from ..task import Task

    config = resolve(options.config_class(job), job, recipe, changes)
    if synthetic and manifest != "-":
        raise InputError("give MANIFEST or --synthetic, not both")
    with rendered_people() if synthetic else nullcontext(manifest) as source, joined() as world:
        images = read_images(source, root=root)
        hardware = hardware_for(config.engine, config.device, config.precision, world)
        task: Task
        if job == "pretrain":
            tokenizer = read_tokenizer(tokenizer_path) if tokenizer_path else None
            if synthetic and tokenizer is None:
                tokenizer = train_tokenizer(caption for row in images.rows for caption in row.captions)
            task = Pretraining(config, images, tokenizer, hardware, world)
        else:
            task = Finetuning(config, [images], hardware, world)
        found = measured(task, steps=steps)
    if world.is_first:
        click.echo(json.dumps(found))


@contextmanager
def rendered_people() -> Iterator[Path]:
    """The manifest of rendered, captioned people; they go when they have been used."""
    with TemporaryDirectory() as folder:
        people = Path(folder) / "people"
        line = [sys.executable, "-m", "vtbr_data", "render", str(people), *_RENDERED]
        subprocess.run(line, check=True, stderr=subprocess.DEVNULL)
        yield people / "manifest.jsonl"
