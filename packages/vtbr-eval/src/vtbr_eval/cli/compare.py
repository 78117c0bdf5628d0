"""`vtbr-eval compare`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from .options import OUTPUT, make_protocol, protocol_options
from .output import write_json
from .progress import Waiting

if TYPE_CHECKING:
    from vtbr_eval.protocol import Distance


@click.command()
@click.argument("a", metavar="A")
@click.argument("b", metavar="B")
@OUTPUT
@click.option("--table", "as_table", is_flag=True, help="Print a table for people, in %, instead of JSON.")
@protocol_options
def compare(
    a: str,
    b: str,
    output: str,
    as_table: bool,
    distance: Distance,
    no_camera: bool,
    rerank: bool,
    k1: int,
    k2: int,
    original_weight: float,
    bootstrap: int,
    seed: int,
) -> None:
    """Score the features files A and B of the same images; print B - A with its interval.

    \b
    Example:
      vtbr-eval compare scratch.safetensors captions.safetensors | jq .mAP.interval
    """
    from vtbr_eval.comparison import compare as compare_tables
    from vtbr_eval.features import read_features

    protocol = make_protocol(distance, no_camera, rerank, k1, k2, original_weight)
    tables = read_features(a), read_features(b)
    with Waiting() as progress:
        comparison = compare_tables(
            *tables, protocol, bootstrap=bootstrap, seed=seed, progress=progress
        ).to_json()
    if as_table:
        from .tables import print_comparison

        print_comparison(comparison)
    if not as_table or output != "-":
        write_json(comparison, output)
