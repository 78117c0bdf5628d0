"""`vtbr-eval seeds`."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
@options.features("runs", nargs=-1, required=True, metavar="FEATURES...")
@options.output
@options.table
@options.ranks
@options.reading
@protocol_options()
def seeds(
    runs: tuple[str, ...],
    output: str,
    as_table: bool,
    ranks: tuple[int, ...],
    read: Reader,
    protocol: Protocol,
    seed: int,
) -> None:
    """Score several runs of one system; print the mean and the spread of each measure.

    FEATURES... are features files of the same images by models trained with different seeds. The
    spread is the standard deviation over the runs (with n - 1).

    \b
    Example:
      vtbr-eval seeds seed-*.safetensors | jq '.mAP | .mean, .spread'
    """
    from ..comparison import evaluate_runs
    from .reid import say_what_matters
    from .shared.tables import print_runs

    tables = [read(run) for run in runs]
    with Waiting() as progress:
        found = evaluate_runs(tables, protocol, progress)
    say_what_matters(found.scores[0], None)
    write_result(found.to_json(ranks), output, print_runs if as_table else None)
