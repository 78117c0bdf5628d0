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
    from ..errors import InputError
    from ..measuring import benchmark as measured
    from ..settings import resolve
    from .starting import built, command_of

    config = resolve(options.config_class(job), job, recipe, changes)
    if synthetic and manifest != "-":
        raise InputError("give MANIFEST or --synthetic, not both")
    with rendered_people() if synthetic else nullcontext((manifest, None)) as (source, words):
        tokenizer = tokenizer_path or (words if job == "pretrain" else None)
        with built(job, config, command_of(job, [str(source)], root, tokenizer=tokenizer)) as task:
            found = measured(task, steps=steps)
    if task.world.is_first:
        click.echo(json.dumps(found))


@contextmanager
def rendered_people() -> Iterator[tuple[Path, Path]]:
    """Give manifest and tokenizer of rendered, captioned people; they go when they have been used."""
    with TemporaryDirectory() as folder:
        people, tokenizer = Path(folder) / "people", Path(folder) / "tokenizer.json"
        manifest = people / "manifest.jsonl"
        for words in (["render", people, *_RENDERED], ["tokenizer", "train", manifest, "-o", tokenizer]):
            line = [sys.executable, "-m", "vtbr_data", *map(str, words)]
            subprocess.run(line, check=True, stderr=subprocess.DEVNULL)
        yield manifest, tokenizer
