"""`vtbr-eval seeds`."""

from __future__ import annotations

from typing import Any

import click

from .options import OUTPUT, NumberList, make_protocol, named_protocol_options, switch_options
from .output import write_json
from .progress import Waiting


@click.command()
@click.argument("runs", nargs=-1, required=True, metavar="FEATURES...")
@OUTPUT
@click.option("--table", "as_table", is_flag=True, help="Print a table for people, in %, instead of JSON.")
@click.option("--ranks", type=NumberList(), default="1,5,10", show_default=True, help="Of the CMC curve.")
@named_protocol_options
@switch_options
@click.option("--seed", default=0, show_default=True, help="Of the test sets, under a protocol that draws.")
def seeds(
    runs: tuple[str, ...], output: str, as_table: bool, ranks: tuple[int, ...], seed: int, **switches: Any
) -> None:
    """Score several runs of one system; print the mean and the spread of each measure.

    FEATURES... are features files of the same images by models trained with other seeds. The
    spread is the standard deviation over the runs (with n - 1).

    \b
    Example:
      vtbr-eval seeds seed-*.safetensors | jq '.mAP | .mean, .spread'
    """
    from ..comparison import evaluate_runs
    from ..files import read_features

    protocol = make_protocol(**switches, seed=seed)
    with Waiting() as progress:
        tables = [read_features(run, progress=progress) for run in runs]
        result = evaluate_runs(tables, protocol, progress).to_json(ranks)
    if as_table:
        from .tables import print_runs

        print_runs(result)
    if not as_table or output != "-":
        write_json(result, output)
