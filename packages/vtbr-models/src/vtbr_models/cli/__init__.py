"""The command `vtbr-models`: one module here is one command."""

from __future__ import annotations

import click

from .. import __version__
from .attributes import attributes
from .caption import caption
from .convert import convert
from .describe import describe
from .explain import explain
from .export import export
from .extract import extract
from .group import Commands as Commands
from .list import list_architectures
from .nearest import nearest
from .score import score


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
