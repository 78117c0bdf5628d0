"""`vtbr-models export`."""

from __future__ import annotations

from pathlib import Path

import click

from . import options

_ENDINGS = (".safetensors", ".pth", ".onnx", ".pt2")


@click.command()
@options.checkpoint
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    required=True,
    help="The file to write; its ending says which kind.",
)
@click.option("--whole", is_flag=True, help="All of the checkpoint, as a checkpoint (.safetensors).")
@click.option(
    "--dtype",
    type=click.Choice(["float32", "float16"]),
    default="float32",
    show_default=True,
    help="Of the weights (.safetensors, .pth).",
)
@click.option("--features", is_flag=True, help="Of a captioner, features and not scores (.onnx, .pt2).")
def export(checkpoint: Path, output: Path, whole: bool, dtype: str, features: bool) -> None:
    """Write CHECKPOINT for other programs.

    \b
    .safetensors  the backbone under torchvision's names, without a classifier
    .pth          the same as a PyTorch state dict: for fastreid's PRETRAIN_PATH, for
                  reid-strong-baseline's PRETRAIN_PATH, for torchreid's
                  load_pretrained_weights
    .onnx         the network: images to features, or with a captioner images and
                  tokens to log likelihoods; needs vtbr-models[onnx]
    .pt2          the same for torch.export.load

    \b
    Example:
      vtbr-models export model.safetensors -o backbone.safetensors
      vtbr-models describe model.safetensors | jq -r .architecture.visual.name
    """
    ending = output.suffix
    if ending not in _ENDINGS:
        raise click.UsageError(f"{output}: the ending must be one of {', '.join(_ENDINGS)}")
    if whole and ending != ".safetensors":
        raise click.UsageError("--whole writes .safetensors")
    options.keep_apart({"-o": output}, [checkpoint])
    if ending in (".onnx", ".pt2"):
        _write_graph(checkpoint, output, features)
    else:
        _write_tensors(checkpoint, output, whole, dtype)


def _write_tensors(checkpoint: Path, output: Path, whole: bool, dtype: str) -> None:
    import torch

    from ..export import export_backbone, export_checkpoint

    write = export_checkpoint if whole else export_backbone
    num_tensors = write(checkpoint, output, dtype={"float32": torch.float32, "float16": torch.float16}[dtype])
    click.echo(f"wrote {num_tensors} tensors to {output}", err=True)


def _write_graph(checkpoint: Path, output: Path, features: bool) -> None:
    from ..export import build_graph, write_onnx, write_pt2

    graph = build_graph(checkpoint, features=features)
    (write_onnx if output.suffix == ".onnx" else write_pt2)(graph, output)
    click.echo(f"wrote {', '.join(graph.inputs)} -> {', '.join(graph.outputs)} to {output}", err=True)
