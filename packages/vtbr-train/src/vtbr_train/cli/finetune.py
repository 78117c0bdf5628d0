"""`vtbr-train finetune`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from .options import config_class, run_options, say, settings_options


def _or_model_of_the_zoo(ctx: click.Context, param: click.Parameter, value: Path | None) -> Path | None:
    from vtbr_models.zoo import resolve

    return None if value is None else resolve(value)


@click.command()
@click.argument("manifests", metavar="[MANIFEST]...", nargs=-1)
@click.option(
    "--init",
    type=click.Path(path_type=Path),
    callback=_or_model_of_the_zoo,
    help="Checkpoint whose backbone to start from (a vtbr checkpoint, a model of the zoo, or torchvision "
    "safetensors weights). Without it: from scratch.",
)
@click.option(
    "--test",
    "tests",
    multiple=True,
    metavar="NAME=MANIFEST",
    help="Score the query and gallery of this set; may be given many times. Without it: MANIFEST's own.",
)
@settings_options
@run_options
def finetune(
    manifests: tuple[str, ...],
    init: Path | None,
    tests: tuple[str, ...],
    recipe: str | None,
    changes: tuple[str, ...],
    root: Path | None,
    folder: Path,
    resume: Any,
    dry_run: bool,
) -> None:
    """Learn to tell the identities of MANIFEST's train images apart (the strong Re-ID baseline).

    Several manifests are joined, their identities kept apart. Every few epochs the first one's query and
    gallery images, or the test sets, are scored and the run is saved. Prints one JSON object with the
    checkpoint's path, losses, mAP and rank-1. Asked to stop by SIGTERM or SIGUSR1 it saves and exits with 75:
    run it again with --resume.

    \b
    Example:
      vtbr-data index market1501 Market-1501 | vtbr-train finetune - --root Market-1501 \\
        --init pretrained/model.safetensors -o run | jq .mAP
    """
    from vtbr_data.training import read_images

    from ..finetuning import finetuning
    from ..settings import resolve

    config = resolve(config_class("finetune"), "finetune", recipe, changes)
    sets = [read_images(manifest, root=root, say=say) for manifest in manifests or ("-",)]
    named = {name: read_images(path, say=say) for name, path in map(_name_and_path, tests)}
    result = finetuning.finetune(config, sets, folder, init=init, tests=named, resume=resume, dry_run=dry_run)
    if result:  # of several processes the first alone has one
        click.echo(json.dumps(result))


def _name_and_path(text: str) -> tuple[str, str]:
    name, found, path = text.partition("=")
    if not found or not name or not path:
        raise click.BadParameter(f"{text!r}: write it as NAME=MANIFEST", param_hint="--test")
    return name, path
