"""`vtbr-eval attributes`."""

from __future__ import annotations

import click

from .shared import options
from .shared.command import Command, InputName
from .shared.output import write_result


@click.command(cls=Command)
@click.argument("predicted", metavar="PREDICTED", type=InputName())
@click.option(
    "--reference",
    required=True,
    metavar="FILE",
    type=InputName(),
    help="Manifest or table with the true attributes.",
)
@options.output
@options.table
def attributes(predicted: str, reference: str, output: str, as_table: bool) -> None:
    """Score the attributes in PREDICTED: mA, accuracy, precision, recall and F1.

    PREDICTED is a manifest or a table whose `attributes` were predicted (words, true or false, or
    for these a probability); - is standard input. Rows are matched by `path`.

    \b
    Example:
      vtbr-eval attributes predicted.jsonl --reference manifest.jsonl | jq .mA
    """
    from ..captions import score_attributes
    from ..files import read_manifest
    from .shared.tables import print_attributes

    manifests = [read_manifest(source) for source in (predicted, reference)]
    for note in (note for manifest in manifests for note in manifest.notes):
        click.echo(note, err=True)
    result = score_attributes(manifests[0].rows, manifests[1].rows).to_json()
    for warning in result["warnings"]:
        click.echo(f"warning: {warning}", err=True)
    write_result(result, output, print_attributes if as_table else None)
