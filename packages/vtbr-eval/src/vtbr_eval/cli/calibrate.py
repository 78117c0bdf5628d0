"""`vtbr-eval calibrate`."""

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
@options.features()
@options.output
@options.table
@click.option(
    "--fpr",
    type=options.RateList(),
    default="1e-3",
    show_default=True,
    help="False positive rates: shares of the pairs of two people that are taken for one.",
)
@click.option(
    "--fnir",
    type=options.RateList(),
    default="0.05",
    show_default=True,
    help="False negative rates: shares of the queries whose person is in the gallery but taken for another.",
)
@click.option(
    "--safe", is_flag=True, help="Choose distances so that the upper end of each interval is at most --fpr."
)
@options.reading
@protocol_options()
def calibrate(
    features: str,
    output: str,
    as_table: bool,
    fpr: tuple[float, ...],
    fnir: tuple[float, ...],
    safe: bool,
    read: Reader,
    protocol: Protocol,
    seed: int,
) -> None:
    """Find which distance means the same person, at given error rates, for the model of FEATURES.

    FEATURES are of people with known identities that the model was not trained on; without queries
    all images are compared with each other. The result holds, for each rate, a distance with the
    95 % interval of the rate for new people, distances for pairs of cameras where data suffice, and
    how probable it is at each distance that two pictures show one person. The rates hold for new people
    before the same cameras: calibrate anew for another place.

    \b
    Example:
      vtbr-eval calibrate features.safetensors --fpr 1e-3 -o thresholds.json; jq .same thresholds.json
    """
    from ..decisions import calibrate as calibrate_table
    from .shared.tables import print_thresholds

    table = read(features)
    with Waiting() as progress:
        found = calibrate_table(
            table, protocol, fpr=fpr, fnir=fnir, is_safe=safe, seed=seed, progress=progress
        )
    result: dict[str, Any] = found.to_json()
    counts = found.counts
    click.echo(
        f"calibrated on {counts['people']:,} people: {counts['matching_pairs']:,} pairs of one person, "
        f"{counts['other_pairs']:,} of two; {len(found.cameras):,} pairs of cameras have distances of their own",
        err=True,
    )
    write_result(result, output, print_thresholds if as_table else None)
