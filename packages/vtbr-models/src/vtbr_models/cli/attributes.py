"""`vtbr-models attributes`."""

from __future__ import annotations

from pathlib import Path

import click

from . import options


@click.command()
@options.checkpoint
@options.manifest
@click.option("-o", "--output", default="-", help="The manifest to write. [default: stdout]")
@options.root
@options.split
@options.batch_size
@options.workers
@options.precision
@options.device
def attributes(
    checkpoint: Path,
    manifest: str,
    output: str,
    root: Path | None,
    splits: tuple[str, ...],
    batch_size: int,
    workers: int | None,
    precision: str,
    device: str,
) -> None:
    """Write MANIFEST with the attributes that CHECKPOINT sees; all other keys stay.

    CHECKPOINT is of a model that learnt the objective `attribute_classification`.

    \b
    Example:
      vtbr-models attributes model.safetensors manifest.jsonl |
        vtbr-eval attributes - --reference manifest.jsonl | jq .mA
    """
    from ..applications.attribute_reading import ReadingConfig, attributed
    from ..files.manifest import SPLITS, encode_row, read_manifest
    from ..files.output import open_output

    config = ReadingConfig(
        splits=splits or SPLITS, batch_size=batch_size, workers=workers, precision=precision, device=device
    )
    table = read_manifest(manifest, root)
    num_images = 0
    with open_output(output) as file:
        for keys in attributed(checkpoint, table, config):
            file.write(encode_row(keys))
            num_images += 1
    click.echo(f"read the attributes of {num_images} images", err=True)
