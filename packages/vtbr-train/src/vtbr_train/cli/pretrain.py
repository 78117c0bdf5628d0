"""`vtbr-train pretrain`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from . import options


@click.command()
@click.argument("manifest", default="-")
@options.tokenizer
@click.option(
    "--validation", metavar="MANIFEST[@ROOT]", help="Held-out images with captions; their loss is logged."
)
@options.recipe
@options.changes
@options.root
@options.output
@options.resume
@options.dry_run
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
    and exits with 75: `vtbr-train resume RUN` continues.

    \b
    Example:
      vtbr-data caption people.jsonl | vtbr-train pretrain - --root people --tokenizer tokenizer.json \\
        --recipe laptop -o run | jq -r .model | xargs vtbr-models describe
    """
    from ..settings import resolve, to_values
    from .starting import command_of, start

    config = resolve(options.config_class("pretrain"), "pretrain", recipe, changes)
    command = command_of("pretrain", [manifest], root, tokenizer=tokenizer_path, validation=validation)
    start("pretrain", to_values(config), command, folder, resume=resume, dry_run=dry_run)
