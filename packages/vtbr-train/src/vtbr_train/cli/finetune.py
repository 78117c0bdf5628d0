"""`vtbr-train finetune`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from .options import config_class, run_options, settings_options


@click.command()
@click.argument("manifest", default="-")
@click.option(
    "--init",
    type=click.Path(path_type=Path),
    help="Checkpoint whose backbone to start from (a vtbr checkpoint, or torchvision safetensors weights). "
    "Without it: from scratch.",
)
@settings_options
@run_options
def finetune(
    manifest: str,
    init: Path | None,
    recipe: str | None,
    changes: tuple[str, ...],
    root: Path | None,
    folder: Path,
    resume: bool,
) -> None:
    """Learn to tell the identities of MANIFEST's train images apart (the strong Re-ID baseline).

    Every few epochs the manifest's query and gallery images are scored and the run is saved. Prints one JSON
    object with the checkpoint's path, losses, mAP and rank-1.

    \b
    Example:
      vtbr-data index market1501 Market-1501 | vtbr-train finetune - --root Market-1501 \\
        --init pretrained/model.safetensors -o run | jq .mAP
    """
    from vtbr_data.training import read_images

    from .. import finetuning
    from ..settings import resolve

    config = resolve(config_class("finetune"), "finetune", recipe, changes)
    result = finetuning.finetune(config, read_images(manifest, root=root), folder, init=init, resume=resume)
    click.echo(json.dumps(result))
