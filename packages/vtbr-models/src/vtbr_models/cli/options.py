"""Options that several commands share."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from ..files import SPLITS
from ..zoo import resolve


def _or_model_of_the_zoo(ctx: click.Context, param: click.Parameter, value: Path) -> Path:
    return resolve(value)


checkpoint = click.argument("checkpoint", type=click.Path(path_type=Path), callback=_or_model_of_the_zoo)
manifest = click.argument("manifest", type=click.Path(allow_dash=True), metavar="MANIFEST|-")
root = click.option(
    "--root",
    type=click.Path(file_okay=False, exists=True, path_type=Path),
    help="Where paths start. [default: the manifest's folder; from a pipe, the current one]",
)
split = click.option(
    "--split", "splits", type=click.Choice(SPLITS), multiple=True, help="Only these images; may be repeated."
)


def inference(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of `InferenceConfig`; the command receives them as one argument, `inference`."""

    @functools.wraps(command)
    def with_config(
        *args: Any, batch_size: int, workers: int | None, precision: str, device: str, **others: Any
    ) -> Any:
        from ..inference import InferenceConfig

        config = InferenceConfig(batch_size=batch_size, workers=workers, precision=precision, device=device)
        return command(*args, inference=config, **others)

    for option in reversed(_INFERENCE):
        with_config = option(with_config)
    return with_config


_INFERENCE = (
    click.option("--batch-size", type=click.IntRange(min=1), default=64, show_default=True),
    click.option(
        "--workers",
        type=click.IntRange(min=0),
        help="Processes that read pictures. [default: 0 on a CPU or for few images, else one a core]",
    ),
    click.option(
        "--precision",
        type=click.Choice(["auto", "float32", "bfloat16"]),
        default="auto",
        show_default=True,
        help="auto: float32 on a CPU, bfloat16 on a GPU that computes in it.",
    ),
    click.option("--device", default="auto", show_default=True, help="As torch names it: cpu, cuda, cuda:1."),
)
