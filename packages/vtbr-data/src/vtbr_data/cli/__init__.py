"""`vtbr-data`: one module a command."""

from __future__ import annotations

import click

from vtbr_data import __version__
from vtbr_data.cli.caption import caption
from vtbr_data.cli.check import check
from vtbr_data.cli.draw import draw
from vtbr_data.cli.group import HELP_NAMES, Commands
from vtbr_data.cli.index import index
from vtbr_data.cli.pack import pack
from vtbr_data.cli.select import select
from vtbr_data.cli.stats import stats
from vtbr_data.cli.tokenizer import tokenizer


@click.group(cls=Commands, context_settings=HELP_NAMES)
@click.version_option(__version__, prog_name="vtbr-data")
def main() -> None:
    """Person Re-ID and caption data: draw it, list it, check it, describe it.

    Commands read and write manifests (JSON Lines, one image a line) and join with pipes; `-` is stdin or
    stdout.

    \b
    Example:
      vtbr-data index viper VIPeR | vtbr-data check - --root VIPeR | jq .errors
    """


for command in (draw, index, check, caption, tokenizer, select, pack, stats):
    main.add_command(command)
