"""`vtbr-models score`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from . import options

if TYPE_CHECKING:
    from ..applications import Direction
    from ..inference import InferenceConfig


@click.command()
@options.checkpoint
@options.manifest
@click.option("-o", "--output", default="-", help="The JSON Lines to write. [default: stdout]")
@click.option(
    "--captions",
    "candidates",
    type=click.Path(path_type=Path),
    help="Sentences, one a line, to score for every image. [default: each image's own captions]",
)
@click.option("--best", type=click.IntRange(min=1), help="Captions of an image to print, best first.")
@click.option(
    "--direction", type=click.Choice(["both", "forward", "backward"]), default="both", show_default=True
)
@click.option("--relative", is_flag=True, help="Subtract what the words score for an empty picture.")
@options.reading
@options.split
@options.inference
def score(
    checkpoint: Path,
    manifest: str,
    reading: options.Reading,
    output: str,
    candidates: Path | None,
    best: int | None,
    direction: str,
    relative: bool,
    splits: tuple[str, ...],
    inference: InferenceConfig,
) -> None:
    """Write how well captions fit the images in MANIFEST, a JSON line an image.

    A score is the mean log-likelihood of a caption's tokens, in nats, over both directions. To compare
    sentences about one image (which colour is the coat?) add --relative; to compare images for one
    sentence (text search) it makes no difference to the order.

    \b
    Example:
      vtbr-models score captions.safetensors gallery.jsonl --captions wanted.txt |
        jq -s 'sort_by(-.scores[0].score)[:10][].path'
    """
    from ..applications import ScoringConfig, read_candidates, scored
    from ..files import SPLITS, write_lines

    directions: tuple[Direction, ...] = ("forward", "backward")
    config = ScoringConfig(
        splits=splits or SPLITS,
        directions=tuple(name for name in directions if direction in ("both", name)),
        relative=relative,
        best=best,
        inference=inference,
    )
    options.keep_apart({"-o": output}, [checkpoint, manifest, candidates])
    table = reading.read(manifest)
    options.keep_apart({"-o": output}, [], table)
    sentences = None if candidates is None else read_candidates(candidates)
    num_images = write_lines(output, scored(checkpoint, table, config, sentences))
    click.echo(f"scored {num_images} images", err=True)
