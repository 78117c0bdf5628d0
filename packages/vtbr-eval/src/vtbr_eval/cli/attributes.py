"""`vtbr-eval attributes`."""

from __future__ import annotations

import click

from .options import OUTPUT
from .output import write_json


@click.command()
@click.argument("predicted", metavar="PREDICTED")
@click.option("--reference", required=True, metavar="FILE", help="Manifest whose `attributes` are the truth.")
@OUTPUT
@click.option("--table", "as_table", is_flag=True, help="Print a table for people, in %, instead of JSON.")
def attributes(predicted: str, reference: str, output: str, as_table: bool) -> None:
    """Score the attributes in PREDICTED: mA, accuracy, precision, recall and F1.

    PREDICTED is a manifest whose `attributes` were predicted (words, true or false, or for these a
    probability); - is standard input. Rows are matched by `path`.

    \b
    Example:
      vtbr-eval attributes predicted.jsonl --reference manifest.jsonl | jq .mA
    """
    from ..captions import score_attributes
    from ..files import read_manifest

    result = score_attributes(read_manifest(predicted), read_manifest(reference)).to_json()
    if as_table:
        from .tables import print_attributes

        print_attributes(result)
    if not as_table or output != "-":
        write_json(result, output)
