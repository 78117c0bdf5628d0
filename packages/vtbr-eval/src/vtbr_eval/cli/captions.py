"""`vtbr-eval captions`."""

from __future__ import annotations

import click

from .options import OUTPUT
from .output import write_json


@click.command()
@click.argument("predicted", metavar="PREDICTED")
@click.option(
    "--reference", required=True, metavar="FILE", help="Manifest whose `captions` and `attributes` are known."
)
@OUTPUT
@click.option("--table", "as_table", is_flag=True, help="Print a table for people instead of JSON.")
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
    if as_table:
        from .tables import print_captions

        print_captions(result)
    if not as_table or output != "-":
        write_json(result, output)
