"""`vtbr-data`: one module a command."""

from __future__ import annotations

import click

from .. import __version__
from .caption import caption
from .check import check
from .group import HELP_NAMES, Commands
from .index import index
from .pack import pack
from .render import render
from .select import select
from .stats import stats
from .tokenizer import tokenizer


@click.group(cls=Commands, context_settings=HELP_NAMES)
@click.version_option(__version__, prog_name="vtbr-data")
def main() -> None:
    """Person Re-ID and caption data: render it, list it, check it, describe it.

    Commands read and write manifests (JSON Lines, one image a line) and join with pipes; `-` is stdin or
    stdout.

    \b
    Example:
      vtbr-data index viper VIPeR | vtbr-data check - --root VIPeR | jq .errors
    """


for command in (render, index, check, caption, tokenizer, select, pack, stats):
    main.add_command(command)
