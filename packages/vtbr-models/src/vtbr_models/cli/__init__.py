"""The command `vtbr-models`: one module here is one command."""

from __future__ import annotations

import click

from vtbr_models import __version__
from vtbr_models.cli.attributes import attributes
from vtbr_models.cli.caption import caption
from vtbr_models.cli.convert import convert
from vtbr_models.cli.describe import describe
from vtbr_models.cli.explain import explain
from vtbr_models.cli.export import export
from vtbr_models.cli.extract import extract
from vtbr_models.cli.group import Commands
from vtbr_models.cli.list import list_architectures
from vtbr_models.cli.nearest import nearest
from vtbr_models.cli.score import score


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="vtbr-models")
def main() -> None:
    """Use a trained model: features, captions, weights for elsewhere.

    \b
    Example:
      vtbr-models extract model.safetensors manifest.jsonl | vtbr-eval reid - | jq .mAP
    """


for command in (
    list_architectures,
    describe,
    extract,
    caption,
    score,
    nearest,
    attributes,
    explain,
    convert,
    export,
):
    main.add_command(command)
