"""`vtbr-models nearest`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from . import options


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
@options.root
@options.split
@options.batch_size
@options.workers
@options.precision
@options.device
def nearest(
    checkpoint: Path,
    manifest: str,
    captioned: str | None,
    output: str,
    root: Path | None,
    splits: tuple[str, ...],
    **settings: Any,
) -> None:
    """Write the captions nearest to the images in MANIFEST, a JSON line an image.

    CHECKPOINT is a dual encoder: a captioner that learnt the objective `contrastive`. Near is what has a
    large cosine in its common space; a caption is right if it was written for the image, or for one of its
    person. From captions to images lead `extract --texts`, `extract --joint` and `vtbr-eval search`;
    captioners without a common space have `score`.

    \b
    Example:
      vtbr-models nearest dual.safetensors gallery.jsonl --captions train.jsonl |
        jq -r '[.path, .nearest[0].caption] | @tsv'
    """
    from ..applications.nearest import NearestConfig, nearest_captions
    from ..files.manifest import SPLITS, read_manifest
    from ..files.output import open_output

    if manifest == captioned == "-":
        raise click.UsageError("standard input holds either the images or the captions: name a file for one")
    config = NearestConfig(splits=splits or SPLITS, **settings)
    table = read_manifest(manifest, root)
    captions = table if captioned is None else read_manifest(captioned)
    num_images = 0
    with open_output(output) as file:
        for line in nearest_captions(checkpoint, table, captions, config):
            file.write((json.dumps(line, ensure_ascii=False) + "\n").encode())
            num_images += 1
    click.echo(f"searched for {num_images} images", err=True)
