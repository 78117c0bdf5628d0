"""`vtbr-eval protocols`."""

from __future__ import annotations

import click

from .shared import options
from .shared.command import Command
from .shared.output import write_json


@click.command(cls=Command)
@click.argument("names", nargs=-1, metavar="[NAME]...")
@options.output
@options.table
def protocols(names: tuple[str, ...], output: str, as_table: bool) -> None:
    """Print the named protocols, or those given, with every switch.

    docs/protocol.md explains the switches. Every score repeats its protocol in this form.

    \b
    Example:
      vtbr-eval protocols | jq '."viper-like".draws'
    """
    from ..protocol import ABOUT, PROTOCOLS, protocol_named

    chosen = {name: protocol_named(name) for name in names or PROTOCOLS}
    if as_table:
        from .shared.tables import print_protocols

        print_protocols({name: protocol.to_json() for name, protocol in chosen.items()}, ABOUT)
    if not as_table or output != "-":
        write_json({name: {"about": ABOUT[name], **chosen[name].to_json()} for name in chosen}, output)
