"""Options that several commands have."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])

JOBS = ("pretrain", "finetune")

recipe = click.option(
    "--recipe", metavar="NAME|FILE", help="A shipped recipe (see `vtbr-train recipes`) or a YAML file."
)
changes = click.option(
    "--set",
    "changes",
    multiple=True,
    metavar="KEY=VALUE",
    help="Change one setting, such as optimizer.learning_rate=3e-4. May be given many times.",
)
root = click.option(
    "--root",
    type=click.Path(path_type=Path),
    help="Folder that the manifests' paths start from; MANIFEST@ROOT gives one its own.",
)
output = click.option(
    "-o",
    "--output",
    "folder",
    required=True,
    metavar="RUN",
    type=click.Path(path_type=Path),
    help="Folder of the run.",
)
resume = click.option(
    "--resume",
    is_flag=False,
    flag_value="auto",
    default="never",
    type=click.Choice(["never", "auto", "must"]),
    help="Continue from the last saved state in RUN: `--resume` or `--resume=auto` if there is one, "
    "`--resume=must` or else fail. `vtbr-train resume RUN` needs nothing else.",
)
dry_run = click.option(
    "--dry-run",
    is_flag=True,
    help="Build everything, run two steps, and print what the run needs in memory and time.",
)
tokenizer = click.option(
    "--tokenizer",
    "tokenizer_path",
    type=click.Path(path_type=Path),
    help="From `vtbr-data tokenizer train`; needed by every objective that reads captions.",
)


def _or_models_of_the_zoo(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
    from vtbr_models.zoo import resolve

    if param.multiple:
        return tuple(map(resolve, value))
    return None if value is None else resolve(value)


def _model(*names: str, help: str, multiple: bool = False) -> Callable[[Command], Command]:
    """Return an option that takes a checkpoint, or the name of a model of the zoo."""
    return click.option(
        *names,
        type=click.Path(path_type=Path),
        multiple=multiple,
        callback=_or_models_of_the_zoo,
        help=help,
    )


init = _model(
    "--init",
    help="Checkpoint whose backbone to start from (a vtbr checkpoint, a model of the zoo, or torchvision "
    "safetensors weights). Without it: from scratch.",
)
teachers = _model(
    "--teacher",
    "teachers",
    help="Trained model, a checkpoint or one of the zoo, whose comparisons to learn from as well; may be repeated, for "
    "the mean of several. Give loss.distillation a weight, too.",
    multiple=True,
)
captions = click.option(
    "--captions",
    metavar="MANIFEST[@ROOT]",
    help="Learn the captions of these images, too, in every step (the settings of joint say how).",
)


def config_class(job: str) -> type[Any]:
    """Return the settings class of a job."""
    from ..finetuning import FinetuneConfig
    from ..pretraining import PretrainConfig

    return {"pretrain": PretrainConfig, "finetune": FinetuneConfig}[job]
