"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path

import click

from ..files.manifest import SPLITS
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
batch_size = click.option("--batch-size", type=click.IntRange(min=1), default=64, show_default=True)
workers = click.option(
    "--workers",
    type=click.IntRange(min=0),
    help="Processes that decode. [default: 0 on a CPU or for few images, else one a core]",
)
device = click.option(
    "--device", default="auto", show_default=True, help="As torch calls it: cpu, cuda, cuda:1."
)
precision = click.option(
    "--precision",
    type=click.Choice(["auto", "float32", "bfloat16"]),
    default="auto",
    show_default=True,
    help="auto: bfloat16 where the hardware computes in it.",
)
