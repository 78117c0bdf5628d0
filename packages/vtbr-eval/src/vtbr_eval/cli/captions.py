"""`vtbr-eval captions`."""

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
    help="Manifest or table with the true captions and attributes.",
)
@options.output
@options.table
def captions(predicted: str, reference: str, output: str, as_table: bool) -> None:
    """Score the captions in PREDICTED: CIDEr-D, BLEU, ROUGE-L, and attributes that they name.

    PREDICTED is a manifest, a table (CSV, Parquet) or COCO's results JSON with predicted captions;
    - is standard input. Rows are matched by `path`. The reference may also be a table or COCO's
    annotations. Attributes are read from captions worded as in docs/formats.md.

    \b
    Example:
      vtbr-models caption model.safetensors manifest.jsonl | vtbr-eval captions - --reference manifest.jsonl
    """
    from ..captions import score_captions
    from ..files import read_manifest
    from .shared.tables import print_captions

    manifests = [read_manifest(source) for source in (predicted, reference)]
    for note in (note for manifest in manifests for note in manifest.notes):
        click.echo(note, err=True)
    result = score_captions(manifests[0].rows, manifests[1].rows).to_json()
    for warning in result["warnings"]:
        click.echo(f"warning: {warning}", err=True)
    write_result(result, output, print_captions if as_table else None)
