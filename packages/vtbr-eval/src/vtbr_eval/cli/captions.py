"""`vtbr-eval captions`."""

from __future__ import annotations

import click

from .shared.command import Command
from .shared.manifests import against_reference, write_agreement


@click.command(cls=Command)
@against_reference("captions and attributes")
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
    from .shared.tables import print_captions

    write_agreement(score_captions, predicted, reference, output, print_captions if as_table else None)
