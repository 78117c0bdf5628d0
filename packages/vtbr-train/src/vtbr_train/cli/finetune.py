"""`vtbr-train finetune`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from . import options


@click.command()
@click.argument("manifests", metavar="[MANIFEST]...", nargs=-1)
@options.init
@options.teachers
@click.option(
    "--test",
    "tests",
    multiple=True,
    metavar="NAME=MANIFEST[@ROOT]",
    help="Score the query and gallery of this set; may be given many times. Without it: MANIFEST's own.",
)
@click.option(
    "--hold-out",
    type=click.FloatRange(0),
    metavar="PEOPLE",
    help="Validate on this share of the training people, or this many from 1 on, and select the best "
    "checkpoint by them.",
)
@options.captions
@options.tokenizer
@options.recipe
@options.changes
@options.root
@options.output
@options.resume
@options.dry_run
def finetune(
    manifests: tuple[str, ...],
    init: Path | None,
    teachers: tuple[Path, ...],
    tests: tuple[str, ...],
    hold_out: float | None,
    captions: str | None,
    tokenizer_path: Path | None,
    recipe: str | None,
    changes: tuple[str, ...],
    root: Path | None,
    folder: Path,
    resume: Any,
    dry_run: bool,
) -> None:
    """Learn to tell the identities of MANIFEST's train images apart (the strong Re-ID baseline).

    Several manifests are joined, their identities kept apart. With --captions the backbone continues to learn to
    caption other images, rendered people say, beside them: --set joint.share=0.5 says how many of a step's
    images those are.

    Every few epochs the run is saved and scored: on held-out people, on the test sets, or on the first
    manifest's query and gallery images. Prints one JSON object with the checkpoint's path, losses, mAP and
    rank-1, and the best checkpoint where one is selected.
    Asked to stop by SIGTERM or SIGUSR1 it saves and exits with 75: `vtbr-train resume RUN` continues.

    \b
    Example:
      vtbr-data index market1501 Market-1501 | vtbr-train finetune - --root Market-1501 \\
        --init pretrained/model.safetensors -o run | jq .mAP
      vtbr-train finetune viper.jsonl --init captioner.safetensors --captions people/manifest.jsonl \\
        --set joint.text.textual=L1_H192_A4_F768 -o joint
      vtbr-train finetune market.jsonl --recipe laptop --teacher run/model.safetensors \\
        --set loss.distillation=10 -o small
    """
    from ..settings import resolve, to_values
    from .starting import command_of, start

    if hold_out is not None:
        changes = (*changes, f"data.hold_out={hold_out:g}")
    config = resolve(options.config_class("finetune"), "finetune", recipe, changes)
    command = command_of(
        "finetune",
        manifests,
        root,
        init=init,
        teachers=teachers,
        tests=_by_name(tests),
        captions=captions,
        tokenizer=tokenizer_path,
    )
    start("finetune", to_values(config), command, folder, resume=resume, dry_run=dry_run)


def _by_name(tests: tuple[str, ...]) -> dict[str, str]:
    """Return the manifests of test sets by their names."""
    manifests: dict[str, str] = {}
    for text in tests:
        name, found, path = text.partition("=")
        if not found or not name or not path:
            raise click.BadParameter(f"{text!r}: write it as NAME=MANIFEST", param_hint="--test")
        if name in manifests:
            raise click.BadParameter(f"two sets are called {name!r}: give each its name", param_hint="--test")
        manifests[name] = path
    return manifests
