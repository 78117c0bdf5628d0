"""Options that both training commands have."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])

JOBS = ("pretrain", "finetune")


def settings_options(command: Command) -> Command:
    """`--recipe` and `--set`."""
    command = click.option(
        "--set",
        "changes",
        multiple=True,
        metavar="KEY=VALUE",
        help="Change one setting, such as optimizer.learning_rate=3e-4. May be given many times.",
    )(command)
    return click.option(
        "--recipe", metavar="NAME|FILE", help="A shipped recipe (see `vtbr-train recipes`) or a YAML file."
    )(command)


def run_options(command: Command) -> Command:
    """`--root`, `--output`, `--resume`, `--dry-run`."""
    for option in (
        click.option(
            "--dry-run",
            is_flag=True,
            help="Build everything, run two steps, and print what the run needs in memory and time.",
        ),
        click.option(
            "--resume",
            is_flag=False,
            flag_value="auto",
            default="never",
            type=click.Choice(["never", "auto", "must"]),
            help="Go on from the last saved state in RUN: `--resume` or `--resume=auto` if there is one, "
            "`--resume=must` or else fail.",
        ),
        click.option(
            "-o",
            "--output",
            "folder",
            required=True,
            metavar="RUN",
            type=click.Path(path_type=Path),
            help="Folder of the run.",
        ),
        click.option(
            "--root", type=click.Path(path_type=Path), help="Folder that the manifest's paths start from."
        ),
    ):
        command = option(command)
    return command


def config_class(job: str) -> type[Any]:
    """The settings class of a job."""
    from ..finetuning.finetuning import FinetuneConfig
    from ..pretraining.pretraining import PretrainConfig

    return {"pretrain": PretrainConfig, "finetune": FinetuneConfig}[job]


def say(text: str) -> None:
    """Tell people, on stderr."""
    click.echo(text, err=True)
