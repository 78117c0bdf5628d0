"""`vtbr-eval compare`."""

from __future__ import annotations

from typing import Any

import click

from .options import OUTPUT, make_protocol, named_protocol_options, protocol_options
from .output import write_json
from .progress import Waiting


@click.command()
@click.argument("a", metavar="A")
@click.argument("others", nargs=-1, required=True, metavar="B...")
@OUTPUT
@click.option("--table", "as_table", is_flag=True, help="Print a table for people, in %, instead of JSON.")
@click.option("--changed", default=10, show_default=True, help="Queries shown that changed most.")
@named_protocol_options
@protocol_options
@click.option(
    "--randomisations", default=10_000, show_default=True, help="Random sign flips for the p-values; 0: none."
)
def compare(
    a: str,
    others: tuple[str, ...],
    output: str,
    as_table: bool,
    changed: int,
    bootstrap: int,
    randomisations: int,
    seed: int,
    **switches: Any,
) -> None:
    """Score the features files A and B of the same images; print B - A with its interval.

    The p-value says how often people's differences with random signs lie as far from 0. With
    three files or more, each is compared with each.

    \b
    Example:
      vtbr-eval compare scratch.safetensors captions.safetensors | jq .mAP.interval
    """
    from ..comparison import compare as compare_two
    from ..comparison import compare_all
    from ..errors import InputError
    from ..files import read_features

    if changed < 0:
        raise InputError(f"--changed is a number of queries from 0 up, not {changed}")
    protocol = make_protocol(**switches, seed=seed)
    with Waiting() as progress:
        tables = [read_features(name, progress=progress) for name in (a, *others)]
    draws: dict[str, Any] = {"bootstrap": bootstrap, "randomisations": randomisations, "seed": seed}
    with Waiting() as progress:
        if len(tables) == 2:
            result = compare_two(tables[0], tables[1], protocol, **draws, progress=progress).to_json(changed)
        else:
            result = compare_all(tables, protocol, **draws, progress=progress).to_json()
    if as_table:
        from .tables import print_comparison, print_tournament

        (print_comparison if len(tables) == 2 else print_tournament)(result)
    if not as_table or output != "-":
        write_json(result, output)
