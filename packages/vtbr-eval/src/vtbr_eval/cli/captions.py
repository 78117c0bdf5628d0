"""`vtbr-eval captions`."""

from __future__ import annotations

import click

from . import options
from .command import Command, InputName
from .output import write_result


@click.command(cls=Command)
@click.argument("predicted", metavar="PREDICTED", type=InputName())
@click.option(
    "--reference",
    required=True,
    metavar="FILE",
    type=InputName(),
    help="Manifest whose `captions` and `attributes` are known.",
)
@options.output
@options.table
def captions(predicted: str, reference: str, output: str, as_table: bool) -> None:
    """Score the captions in PREDICTED: CIDEr-D, BLEU, ROUGE-L, and attributes that they name.

    PREDICTED is a manifest whose `captions` were predicted; - is standard input. Rows are matched
    by `path`. Attributes are read from captions worded as in docs/formats.md.

    \b
    Example:
      vtbr-models caption model.safetensors manifest.jsonl | vtbr-eval captions - --reference manifest.jsonl
    """
    from ..captions import score_captions
    from ..files import read_manifest

    result = score_captions(read_manifest(predicted), read_manifest(reference)).to_json()
    from .tables import print_captions

    write_result(result, output, print_captions if as_table else None)
