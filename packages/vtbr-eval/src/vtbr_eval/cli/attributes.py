"""`vtbr-eval attributes`."""

from __future__ import annotations

import click

from .shared.command import Command
from .shared.manifests import against_reference, write_agreement


@click.command(cls=Command)
@against_reference("attributes")
def attributes(predicted: str, reference: str, output: str, as_table: bool) -> None:
    """Score the attributes in PREDICTED: mA, accuracy, precision, recall and F1.

    PREDICTED is a manifest or a table whose `attributes` were predicted (words, true or false, or
    for these a probability); - is standard input. Rows are matched by `path`.

    \b
    Example:
      vtbr-eval attributes predicted.jsonl --reference manifest.jsonl | jq .mA
    """
    from ..captions import score_attributes
    from .shared.tables import print_attributes

    write_agreement(score_attributes, predicted, reference, output, print_attributes if as_table else None)
