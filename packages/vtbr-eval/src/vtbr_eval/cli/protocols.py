"""`vtbr-eval protocols`."""

from __future__ import annotations

import click

from .options import OUTPUT
from .output import write_json


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@OUTPUT
@click.option("--table", "as_table", is_flag=True, help="Print a table for people instead of JSON.")
def protocols(names: tuple[str, ...], output: str, as_table: bool) -> None:
    """Print the protocols that have a name, or those named, with every switch.

    What a switch means stands in docs/protocol.md. Every score echoes its protocol like this.

    \b
    Example:
      vtbr-eval protocols | jq '."viper-like".draws'
    """
    from ..errors import InputError
    from ..protocol import ABOUT, PROTOCOLS

    for name in names:
        if name not in PROTOCOLS:
            raise InputError(f"no protocol is called {name!r}: it is one of {', '.join(PROTOCOLS)}")
    chosen = {name: PROTOCOLS[name] for name in names or PROTOCOLS}
    if as_table:
        from .tables import print_protocols

        print_protocols({name: protocol.to_json() for name, protocol in chosen.items()}, ABOUT)
    if not as_table or output != "-":
        write_json({name: {"about": ABOUT[name], **chosen[name].to_json()} for name in chosen}, output)
