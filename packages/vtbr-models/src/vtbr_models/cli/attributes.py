"""`vtbr-models attributes`."""

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
@click.option("-o", "--output", default="-", help="The manifest to write. [default: stdout]")
@options.reading
@options.split
@options.inference
def attributes(
    checkpoint: Path,
    manifest: str,
    reading: options.Reading,
    output: str,
    splits: tuple[str, ...],
    inference: InferenceConfig,
) -> None:
    """Write MANIFEST with the attributes that CHECKPOINT predicts; all other keys are kept.

    CHECKPOINT must have learnt the objective `attribute_classification`.

    \b
    Example:
      vtbr-models attributes model.safetensors manifest.jsonl |
        vtbr-eval attributes - --reference manifest.jsonl | jq .mA
    """
    from ..applications import attributed
    from ..files import SPLITS, write_manifest

    options.keep_apart({"-o": output}, [checkpoint, manifest])
    table = reading.read(manifest)
    options.keep_apart({"-o": output}, [], table)
    lines = attributed(checkpoint, table, splits=splits or SPLITS, inference=inference)
    click.echo(f"read the attributes of {write_manifest(output, lines)} images", err=True)
