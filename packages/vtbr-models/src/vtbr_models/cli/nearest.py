"""`vtbr-models nearest`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from . import options

if TYPE_CHECKING:
    from ..inference import InferenceConfig


@click.command()
@options.checkpoint
@options.manifest
@click.option(
    "--captions",
    "captioned",
    metavar="MANIFEST",
    help="Whose captions are searched. [default: MANIFEST's own]",
)
@click.option("-o", "--output", default="-", help="The JSON Lines to write. [default: stdout]")
@click.option("--top", type=click.IntRange(min=1), default=5, show_default=True, help="Captions of an image.")
@options.reading
@options.split
@options.inference
def nearest(
    checkpoint: Path,
    manifest: str,
    reading: options.Reading,
    captioned: str | None,
    output: str,
    splits: tuple[str, ...],
    top: int,
    inference: InferenceConfig,
) -> None:
    """Write the captions nearest to the images in MANIFEST, a JSON line an image.

    CHECKPOINT is a dual encoder: a captioner that learnt the objective `contrastive`. Captions are compared
    by their cosine in its common space; a caption is right if it was written for the image, or for another of
    the same person. To search images by captions, use `extract --texts`, `extract --joint` and `vtbr-eval
    search`; for captioners without a common space, `score`.

    \b
    Example:
      vtbr-models nearest dual.safetensors gallery.jsonl --captions train.jsonl |
        jq -r '[.path, .nearest[0].caption] | @tsv'
    """
    from ..applications import nearest_captions
    from ..files import SPLITS, write_lines

    if manifest == captioned == "-":
        raise click.UsageError("standard input holds either the images or the captions: name a file for one")
    options.keep_apart({"-o": output}, [checkpoint, manifest, captioned])
    table = reading.read(manifest)
    options.keep_apart({"-o": output}, [], table)
    captions = table if captioned is None else reading._replace(root=None).read(captioned)
    lines = nearest_captions(
        checkpoint, table, captions, top=top, splits=splits or SPLITS, inference=inference
    )
    click.echo(f"searched for {write_lines(output, lines)} images", err=True)
