"""`vtbr-models export`."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import click

from . import options
from .export_weights import Weights, weight_options, write_backbone, write_whole

_TENSORS, _GRAPHS = (".safetensors", ".pth"), (".onnx", ".pt2", ".xml")


class _Convention(NamedTuple):
    """What a network takes and gives: the fields of `InputConvention`."""

    input: str
    channels: str
    layout: str
    resize: bool
    l2: bool
    flip: bool


_convention = options.grouped(
    "convention",
    _Convention,
    click.option(
        "--input",
        type=click.Choice(["uint8", "unit", "normalised"]),
        default="normalised",
        show_default=True,
        help="Pixels that the network takes: 0 to 255, 0 to 1, or less the mean and divided by std.",
    ),
    click.option("--channels", type=click.Choice(["rgb", "bgr"]), default="rgb", show_default=True),
    click.option(
        "--layout",
        type=click.Choice(["nchw", "nhwc"]),
        default="nchw",
        show_default=True,
        help="nhwc: pictures as OpenCV and Pillow hold them.",
    ),
    click.option(
        "--resize", is_flag=True, help="Take pictures of any size and resize them inside, antialiased."
    ),
    click.option("--l2", is_flag=True, help="Give features of unit length."),
    click.option("--flip", is_flag=True, help="Average with the mirrored picture: twice the time."),
)
_PLAIN = _Convention("normalised", "rgb", "nchw", resize=False, l2=False, flip=False)


class _Making(NamedTuple):
    """How a network is made and tried."""

    opset: int | None
    int8: bool
    calibration: str | None
    tests: tuple[str, ...]


_making = options.grouped(
    "making",
    _Making,
    click.option("--opset", type=int, help="ONNX operator set, from 17. [default: 20]"),
    click.option(
        "--int8", is_flag=True, help="Quantise on --calibration, and print what that costs (.onnx)."
    ),
    click.option(
        "--calibration",
        metavar="MANIFEST[@ROOT]|-",
        help="Pictures to check the network on. [default: made ones]",
    ),
    click.option(
        "--test",
        "tests",
        multiple=True,
        metavar="MANIFEST[@ROOT]",
        help="Print what --int8 costs on these, too; may be repeated.",
    ),
)


@click.command()
@options.checkpoint
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    required=True,
    help="The file to write; its ending says which kind.",
)
@weight_options
@click.option("--features", is_flag=True, help="Of a captioner export features, not scores (networks).")
@_convention
@_making
@options.reading
def export(
    checkpoint: Path,
    output: Path,
    weights: Weights,
    features: bool,
    convention: _Convention,
    making: _Making,
    reading: options.Reading,
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
    _refuse_kinds(output, weights, making)
    written = {"-o": output, "its weights": output.with_suffix(".bin") if output.suffix == ".xml" else None}
    options.keep_apart(
        written, [checkpoint, weights.towards, weights.whiten, making.calibration, *making.tests]
    )
    if output.suffix in _GRAPHS:
        _write_network(checkpoint, output, convention, making, reading, features=features)
        return
    _refuse_conventions(convention, making.calibration)
    if weights.whole:
        write_whole(checkpoint, output, weights, reading)
    else:
        write_backbone(checkpoint, output, weights.dtype)


def _refuse_kinds(output: Path, weights: Weights, making: _Making) -> None:
    """Refuse options that do not go with the ending of `output` or without one another."""
    ending = output.suffix
    if ending not in _TENSORS + _GRAPHS:
        raise click.UsageError(f"{output}: the ending must be one of {', '.join(_TENSORS + _GRAPHS)}")
    if output.is_dir():
        raise click.UsageError(f"{output} is a folder: give a file")
    if weights.whole and ending != ".safetensors":
        raise click.UsageError("--whole writes .safetensors")
    if making.int8 and (ending != ".onnx" or making.calibration is None):
        raise click.UsageError("--int8 writes .onnx and needs --calibration MANIFEST")
    if making.opset is not None and ending not in (".onnx", ".xml"):
        raise click.UsageError("--opset is for .onnx and .xml")
    if weights.drop_classifier and not weights.whole:
        raise click.UsageError("--drop-classifier goes with --whole: backbones and networks have none")
    changed = {"--towards": weights.towards, "--pooling": weights.pooling, "--whiten": weights.whiten}
    for option, value in changed.items():
        if value is not None and not weights.whole:
            raise click.UsageError(f"{option} goes with --whole")
    if weights.share is not None and weights.towards is None:
        raise click.UsageError("--share says how much of --towards is mixed in: add it, or leave --share out")
    if weights.width is not None and weights.whiten is None:
        raise click.UsageError("--width is that of whitened features: add --whiten, or leave --width out")
    if making.tests and not making.int8:
        raise click.UsageError("--test prints what --int8 costs: add it, or leave --test out")


def _refuse_conventions(convention: _Convention, calibration: str | None) -> None:
    """Refuse options of networks where weights are written."""
    pairs = zip(_Convention._fields, convention, _PLAIN, strict=True)
    given = [f"--{name}" for name, value, plain in pairs if value != plain]
    given += ["--calibration"] * (calibration is not None)
    if given:
        raise click.UsageError(f"{given[0]} is for networks ({', '.join(_GRAPHS)}), not for weights")


def _write_network(
    checkpoint: Path,
    output: Path,
    convention: _Convention,
    making: _Making,
    reading: options.Reading,
    *,
    features: bool,
) -> None:
    from ..export import (
        DEFAULT_OPSET,
        LARGEST_OPSET,
        SMALLEST_OPSET,
        InputConvention,
        build_graph,
        write_graph,
    )

    opset = DEFAULT_OPSET if making.opset is None else making.opset
    if not SMALLEST_OPSET <= opset <= LARGEST_OPSET:
        raise click.UsageError(f"--opset must be from {SMALLEST_OPSET} to {LARGEST_OPSET}, not {opset}")
    table = None if making.calibration is None else reading.read_at(making.calibration)
    tables = [reading.read_at(test) for test in making.tests]
    chosen: Any = convention._asdict()
    graph = build_graph(checkpoint, features=features, convention=InputConvention(**chosen))
    write_graph(
        graph,
        output,
        opset=opset,
        calibration=table,
        tests=tables,
        int8=making.int8,
        report=lambda text: click.echo(text, err=True),
    )
    click.echo(f"wrote {', '.join(graph.inputs)} -> {', '.join(graph.outputs)} to {output}", err=True)
    if graph.convention is not None:
        click.echo(f"images: {graph.shape()}", err=True)
    if output.suffix == ".xml":
        click.echo(
            "on processors with AMX, OpenVINO computes in bfloat16 unless told: INFERENCE_PRECISION_HINT=f32",
            err=True,
        )
