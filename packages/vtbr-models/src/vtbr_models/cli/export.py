"""`vtbr-models export`."""

from __future__ import annotations

from pathlib import Path

import click

from vtbr_models.cli import options


@click.command()
@options.checkpoint
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), required=True, help="The safetensors file to write."
)
def export(checkpoint: Path, output: Path) -> None:
    """Write the backbone of CHECKPOINT under torchvision's own names, without a classifier.

    \b
    It loads into torchvision with only `fc` missing:
      net = torchvision.models.resnet50()
      net.load_state_dict(safetensors.torch.load_file("backbone.safetensors"), strict=False)

    \b
    Example:
      vtbr-models export model.safetensors -o backbone.safetensors
      vtbr-models describe model.safetensors | jq -r .architecture.visual.name
    """
    from vtbr_models.export import export_backbone

    num_tensors = export_backbone(checkpoint, output)
    click.echo(f"wrote {num_tensors} tensors to {output}", err=True)
