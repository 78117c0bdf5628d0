"""`vtbr-models describe`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from . import options


@click.command()
@options.checkpoint
def describe(checkpoint: Path) -> None:
    """Print what CHECKPOINT, or an exported network, is and how it was made, as JSON.

    A checkpoint is checked as `extract` checks it. Of a network (.onnx, .xml, .pt2) `export` says what it takes.

    \b
    Example:
      vtbr-models describe model.safetensors | jq .architecture.visual.name
    """
    if checkpoint.suffix in (".onnx", ".pt2", ".xml"):
        from ..export import describe_graph

        click.echo(json.dumps(describe_graph(checkpoint), indent=2, ensure_ascii=False))
        return
    from ..checkpoint import check_checkpoint
    from ..checkpoint import describe as describe_checkpoint
    from ..inference import Preprocessing

    _, metadata = check_checkpoint(checkpoint)
    if metadata.get("preprocessing") is not None:
        Preprocessing.from_metadata(metadata["preprocessing"])
    click.echo(json.dumps(describe_checkpoint(checkpoint), indent=2, ensure_ascii=False))
