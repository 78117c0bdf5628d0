"""`vtbr-eval compare`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from .shared import options
from .shared.command import Command
from .shared.output import write_result
from .shared.progress import Waiting
from .shared.protocol_options import protocol_options

if TYPE_CHECKING:
    from ..protocol import Protocol
    from .shared.reading import Reader


@click.command(cls=Command)
@options.features("a")
@options.features("others", nargs=-1, required=True, metavar="B...")
@options.output
@options.table
@click.option("--changed", default=10, show_default=True, help="Queries shown whose AP changed most.")
@options.reading
@protocol_options()
@options.bootstrap
@click.option(
    "--randomisations", default=10_000, show_default=True, help="Random sign flips for the p-values; 0: none."
)
def compare(
    a: str,
    others: tuple[str, ...],
    output: str,
    as_table: bool,
    changed: int,
    read: Reader,
    protocol: Protocol,
    bootstrap: int,
    randomisations: int,
    seed: int,
) -> None:
    """Score the features files A and B of the same images; print B - A with its interval.

    The p-value is the share of random sign flips of people's differences that lie as far from 0,
    or that of a test which allows for skewed differences, if it is larger. With three files or more,
    each is compared with each.

    \b
    Example:
      vtbr-eval compare scratch.safetensors captions.safetensors | jq .mAP.interval
    """
    from ..comparison import compare as compare_two
    from ..comparison import compare_all
    from ..errors import InputError
    from .reid import say_what_matters
    from .shared.tables import print_comparison, print_tournament

    if changed < 0:
        raise InputError(f"--changed is a number of queries from 0 up, not {changed}")
    tables = [read(name) for name in (a, *others)]
    draws: dict[str, Any] = {"bootstrap": bootstrap, "randomisations": randomisations, "seed": seed}
    with Waiting() as progress:
        if len(tables) == 2:
            two = compare_two(tables[0], tables[1], protocol, **draws, progress=progress)
            result, first, show = two.to_json(changed), two.a, print_comparison
        else:
            every = compare_all(tables, protocol, **draws, progress=progress)
            result, first, show = every.to_json(), every.scores[0], print_tournament
    say_what_matters(first, None)
    write_result(result, output, show if as_table else None)
