"""`vtbr-eval captions`."""

from __future__ import annotations

import click

from .options import OUTPUT
from .output import write_json


@click.command()
@click.argument("predicted", metavar="PREDICTED")
@click.option("--reference", required=True, metavar="FILE", help="Manifest whose `attributes` are the truth.")
@OUTPUT
def captions(predicted: str, reference: str, output: str) -> None:
    """Count how often the captions in PREDICTED name the right upper and lower colour.

    PREDICTED is a manifest whose `captions` were predicted; - is standard input. Rows are matched
    by `path`. Colours are read from captions worded as in docs/formats.md.

    \b
    Example:
      vtbr-models caption model.safetensors manifest.jsonl | vtbr-eval captions - --reference manifest.jsonl
    """
    from vtbr_eval.caption_scores import score_captions
    from vtbr_eval.manifest import read_manifest

    write_json(score_captions(read_manifest(predicted), read_manifest(reference)).to_json(), output)
