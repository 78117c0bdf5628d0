"""`vtbr-models export`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ..embedder import POOLING_NAMES
from . import options

_SHARE = 0.3
_TENSORS, _GRAPHS = (".safetensors", ".pth"), (".onnx", ".pt2", ".xml")


@click.command()
@options.checkpoint
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    required=True,
    help="The file to write; its ending says which kind.",
)
@click.option("--whole", is_flag=True, help="Write all of the checkpoint, as a checkpoint (.safetensors).")
@click.option(
    "--drop-classifier", is_flag=True, help="Of --whole: all but the classifier of training people."
)
@options.towards
@click.option(
    "--share",
    type=click.FloatRange(0, 1),
    help=f"How much of --towards is mixed in. [default: {_SHARE}]",
)
@click.option(
    "--pooling",
    type=click.Choice(POOLING_NAMES),
    help="Of --drop-classifier: pool otherwise than in training, more finely.",
)
@click.option(
    "--dtype",
    type=click.Choice(["float32", "float16"]),
    default="float32",
    show_default=True,
    help="Type of the weights (.safetensors, .pth).",
)
@click.option("--features", is_flag=True, help="Of a captioner export features, not scores (networks).")
@click.option(
    "--input",
    "values",
    type=click.Choice(["uint8", "unit", "normalised"]),
    default="normalised",
    show_default=True,
    help="Pixels that the network takes: 0 to 255, 0 to 1, or less the mean and divided by std.",
)
@click.option("--channels", type=click.Choice(["rgb", "bgr"]), default="rgb", show_default=True)
@click.option(
    "--layout",
    type=click.Choice(["nchw", "nhwc"]),
    default="nchw",
    show_default=True,
    help="nhwc: pictures as OpenCV and Pillow hold them.",
)
@click.option("--resize", is_flag=True, help="Take pictures of any size and resize them inside, antialiased.")
@click.option("--l2", is_flag=True, help="Give features of unit length.")
@click.option("--flip", is_flag=True, help="Average with the mirrored picture: twice the time.")
@click.option("--opset", type=int, help="ONNX operator set, from 17. [default: 20]")
@click.option("--int8", is_flag=True, help="Quantise on --calibration, and print what that costs (.onnx).")
@click.option(
    "--calibration",
    metavar="MANIFEST[@ROOT]|-",
    help="Pictures to check the network on. [default: made ones]",
)
@click.option(
    "--test",
    "tests",
    multiple=True,
    metavar="MANIFEST[@ROOT]",
    help="Print what --int8 costs on these, too; may be repeated.",
)
@options.reading
def export(
    checkpoint: Path,
    output: Path,
    whole: bool,
    drop_classifier: bool,
    towards: Path | None,
    share: float | None,
    pooling: str | None,
    dtype: str,
    features: bool,
    values: str,
    opset: int | None,
    int8: bool,
    calibration: str | None,
    tests: tuple[str, ...],
    reading: options.Reading,
    **convention: Any,
) -> None:
    """Write CHECKPOINT for other programs.

    \b
    .safetensors  the backbone under torchvision's names, without a classifier
    .pth          the same as a PyTorch state dict: for fastreid's PRETRAIN_PATH, for
                  reid-strong-baseline's PRETRAIN_PATH, for torchreid's
                  load_pretrained_weights
    .onnx         the network: images to features, or with a captioner images and
                  tokens to log likelihoods; needs vtbr-models[onnx]
    .xml          the same for OpenVINO, with weights beside it in .bin; needs
                  vtbr-models[onnx,openvino]
    .pt2          the same for torch.export.load

    A network of features is run against `extract` before the file is kept, and `describe` tells later what it
    takes. With `--input uint8 --layout nhwc --channels bgr --resize` it takes OpenCV's crops as they are.

    \b
    Example:
      vtbr-models export model.safetensors -o reid.onnx --input uint8 --layout nhwc --channels bgr --resize --l2
      vtbr-models describe reid.onnx | jq .export
      vtbr-models export model.safetensors -o backbone.safetensors
    """
    ending = output.suffix
    _refuse_kinds(output, whole=whole, opset=opset, int8=int8, calibration=calibration)
    if drop_classifier and not whole:
        raise click.UsageError("--drop-classifier goes with --whole: backbones and networks have none")
    if (towards is not None or pooling is not None) and not whole:
        raise click.UsageError("--towards and --pooling go with --whole")
    if share is not None and towards is None:
        raise click.UsageError("--share says how much of --towards is mixed in: add it, or leave --share out")
    if tests and not int8:
        raise click.UsageError("--test prints what --int8 costs: add it, or leave --test out")
    options.keep_apart({"-o": output}, [checkpoint, towards, calibration, *tests])
    if ending in _TENSORS:
        _refuse_conventions(values, calibration, convention)
        if whole:
            blend = None if towards is None else (towards, _SHARE if share is None else share)
            _write_whole(
                checkpoint, output, dtype, drop_classifier=drop_classifier, towards=blend, pooling=pooling
            )
        else:
            _write_backbone(checkpoint, output, dtype)
        return
    from ..export import (
        DEFAULT_OPSET,
        LARGEST_OPSET,
        SMALLEST_OPSET,
        InputConvention,
        build_graph,
        write_graph,
    )

    chosen: Any = {"input": values, **convention}
    opset = DEFAULT_OPSET if opset is None else opset
    if not SMALLEST_OPSET <= opset <= LARGEST_OPSET:
        raise click.UsageError(f"--opset must be from {SMALLEST_OPSET} to {LARGEST_OPSET}, not {opset}")
    table = None if calibration is None else reading.read_at(calibration)
    tables = [reading.read_at(test) for test in tests]
    graph = build_graph(checkpoint, features=features, convention=InputConvention(**chosen))
    write_graph(
        graph,
        output,
        opset=opset,
        calibration=table,
        tests=tables,
        int8=int8,
        report=lambda text: click.echo(text, err=True),
    )
    click.echo(f"wrote {', '.join(graph.inputs)} -> {', '.join(graph.outputs)} to {output}", err=True)
    if graph.convention is not None:
        click.echo(f"images: {graph.shape()}", err=True)
    if ending == ".xml":
        click.echo(
            "on processors with AMX, OpenVINO computes in bfloat16 unless told: INFERENCE_PRECISION_HINT=f32",
            err=True,
        )


def _refuse_kinds(
    output: Path, *, whole: bool, opset: int | None, int8: bool, calibration: str | None
) -> None:
    """Refuse what the ending of `output` does not go with."""
    ending = output.suffix
    if ending not in _TENSORS + _GRAPHS:
        raise click.UsageError(f"{output}: the ending must be one of {', '.join(_TENSORS + _GRAPHS)}")
    if whole and ending != ".safetensors":
        raise click.UsageError("--whole writes .safetensors")
    if int8 and (ending != ".onnx" or calibration is None):
        raise click.UsageError("--int8 writes .onnx and needs --calibration MANIFEST")
    if opset is not None and ending not in (".onnx", ".xml"):
        raise click.UsageError("--opset is for .onnx and .xml")


def _refuse_conventions(values: str, calibration: str | None, convention: dict[str, Any]) -> None:
    is_default = {"channels": "rgb", "layout": "nchw", "resize": False, "l2": False, "flip": False}
    given = [f"--{name}" for name, value in convention.items() if value != is_default[name]]
    given += ["--input"] * (values != "normalised") + ["--calibration"] * (calibration is not None)
    if given:
        raise click.UsageError(f"{given[0]} is for networks ({', '.join(_GRAPHS)}), not for weights")


def _write_whole(checkpoint: Path, output: Path, dtype: str, **changes: Any) -> None:
    import torch

    from ..export import export_checkpoint

    num_tensors = export_checkpoint(checkpoint, output, dtype=getattr(torch, dtype), **changes)
    click.echo(f"wrote {num_tensors} tensors to {output}", err=True)
    if changes["towards"] is not None:
        start, share = changes["towards"]
        click.echo(f"backbone: {share:g} of the weights of {start}, {1 - share:g} of {checkpoint}", err=True)
    if changes["pooling"] is not None:
        click.echo(f"pooling: {changes['pooling']}, the neck's entries repeated for it", err=True)


def _write_backbone(checkpoint: Path, output: Path, dtype: str) -> None:
    import torch

    from ..export import export_backbone

    num_tensors = export_backbone(checkpoint, output, dtype=getattr(torch, dtype))
    click.echo(f"wrote {num_tensors} tensors to {output}", err=True)
