"""`vtbr-train pretrain`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from .options import config_class, run_options, say, settings_options


@click.command()
@click.argument("manifest", default="-")
@click.option(
    "--tokenizer",
    "tokenizer_path",
    type=click.Path(path_type=Path),
    help="From `vtbr-data tokenizer train`; needed by every objective that reads captions.",
)
@click.option("--validation", metavar="MANIFEST", help="Held-out images with captions; their loss is logged.")
@settings_options
@run_options
def pretrain(
    manifest: str,
    tokenizer_path: Path | None,
    validation: str | None,
    recipe: str | None,
    changes: tuple[str, ...],
    root: Path | None,
    folder: Path,
    resume: Any,
    dry_run: bool,
) -> None:
    """Learn to caption the train images of MANIFEST in both directions, from scratch.

    Other objectives, alone or together, are settings: objectives.masked_lm=1, objectives.contrastive=0.5.
    MANIFEST may be a packed set instead: its folder, a URL, or 'pipe:COMMAND' with {} for a file's name.

    Without a recipe the settings are the published ones (ResNet-50, 500,000 steps of 256 images). Prints one
    JSON object with the checkpoint's path and the last losses. Asked to stop by SIGTERM or SIGUSR1 it saves
    and exits with 75: run it again with --resume.

    \b
    Example:
      vtbr-data caption people.jsonl | vtbr-train pretrain - --root people --tokenizer tokenizer.json \\
        --recipe laptop -o run | jq -r .model | xargs vtbr-models describe
    """
    from vtbr_data.tokenizer import read_tokenizer
    from vtbr_data.training import read_images

    from ..pretraining import pretraining
    from ..settings import resolve

    config = resolve(config_class("pretrain"), "pretrain", recipe, changes)
    result = pretraining.pretrain(
        config,
        read_images(manifest, root=root, say=say),
        read_tokenizer(tokenizer_path) if tokenizer_path else None,
        folder,
        validation=read_images(validation, say=say) if validation else None,
        resume=resume,
        dry_run=dry_run,
    )
    if result:  # of several processes the first alone has one
        click.echo(json.dumps(result))
