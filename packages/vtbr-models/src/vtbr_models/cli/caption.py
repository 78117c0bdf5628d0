"""`vtbr-models caption`."""

from __future__ import annotations

from pathlib import Path

import click

from vtbr_models.cli import options


@click.command()
@options.checkpoint
@options.manifest
@click.option("-o", "--output", default="-", help="The manifest to write. [default: stdout]")
@options.root
@options.split
@click.option(
    "--beam", "beams", type=click.IntRange(min=1), default=5, show_default=True, help="Beams an image."
)
@click.option("--greedy", is_flag=True, help="The likeliest word each time: --beam 1.")
@options.batch_size
@options.workers
@options.precision
@options.device
def caption(
    checkpoint: Path,
    manifest: str,
    output: str,
    root: Path | None,
    splits: tuple[str, ...],
    beams: int,
    greedy: bool,
    batch_size: int,
    workers: int | None,
    precision: str,
    device: str,
) -> None:
    """Write MANIFEST with the captions that CHECKPOINT predicts; all other keys stay.

    \b
    Example:
      vtbr-models caption captions.safetensors manifest.jsonl | jq -r '[.path, .captions[0]] | @tsv'
    """
    from vtbr_models.captioning import CaptioningConfig, captioned
    from vtbr_models.manifest import SPLITS, encode_row, read_manifest
    from vtbr_models.output import open_output

    config = CaptioningConfig(
        splits=splits or SPLITS,
        beams=1 if greedy else beams,
        batch_size=batch_size,
        workers=workers,
        precision=precision,
        device=device,
    )
    table = read_manifest(manifest, root)
    num_images = 0
    with open_output(output) as file:
        for keys in captioned(checkpoint, table, config):
            file.write(encode_row(keys))
            num_images += 1
    click.echo(f"captioned {num_images} images", err=True)
