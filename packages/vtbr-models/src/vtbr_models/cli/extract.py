"""`vtbr-models extract`."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

from vtbr_models.cli import options


@click.command()
@options.checkpoint
@options.manifest
@click.option("-o", "--output", default="-", help="The features file. [default: stdout]")
@options.root
@options.split
@click.option("--flip/--no-flip", default=True, show_default=True, help="Average with the mirrored image.")
@options.batch_size
@options.workers
@options.precision
@options.device
@click.option("--texts", is_flag=True, help="Of the captions in MANIFEST instead, by a dual encoder.")
@click.option("--joint", is_flag=True, help="Of images where --texts puts captions, to be searched by them.")
@click.option("--dtype", type=click.Choice(["float32", "float16"]), default="float32", show_default=True)
def extract(
    checkpoint: Path,
    manifest: str,
    output: str,
    root: Path | None,
    splits: tuple[str, ...],
    flip: bool,
    batch_size: int,
    workers: int | None,
    precision: str,
    device: str,
    texts: bool,
    joint: bool,
    dtype: Literal["float32", "float16"],
) -> None:
    """Write the features of the images in MANIFEST: query and gallery, unless --split says otherwise.

    Pictures are prepared as CHECKPOINT says. An embedder's feature is the one after its neck, a
    captioner's its backbone's average. A captioner that learnt the objective `contrastive` finds images
    by their captions: --joint for the images and --texts for the captions, then `vtbr-eval search`.

    \b
    Example:
      vtbr-models extract dual.safetensors manifest.jsonl --joint -o images.safetensors
      vtbr-models extract dual.safetensors manifest.jsonl --texts | vtbr-eval search - images.safetensors
      vtbr-models extract model.safetensors manifest.jsonl | vtbr-eval reid - | jq .mAP
    """
    from vtbr_models.extraction import ExtractionConfig, extract_to
    from vtbr_models.manifest import read_manifest
    from vtbr_models.output import open_output

    config = ExtractionConfig(
        splits=splits or ("query", "gallery"),
        flip=flip,
        batch_size=batch_size,
        workers=workers,
        precision=precision,
        device=device,
        dtype=dtype,
        joint=joint,
    )
    table = read_manifest(manifest, root)
    with open_output(output) as file:
        if texts:
            from vtbr_models.text_extraction import extract_texts_to

            num_features = extract_texts_to(file, checkpoint, table, config)
        else:
            num_features = extract_to(file, checkpoint, table, config)
    click.echo(f"extracted {num_features} features", err=True)
