"""How `vtbr-models export` writes weights: the backbone, or a whole checkpoint, changed on the way."""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from ..embedder import POOLING_NAMES
from . import options

if TYPE_CHECKING:
    import torch

    from ..files import Manifest

_SHARE = 0.3


class Weights(NamedTuple):
    """How weights are written."""

    whole: bool
    drop_classifier: bool
    towards: Path | None
    share: float | None
    pooling: str | None
    whiten: str | None
    width: int | None
    dtype: str


weight_options = options.grouped(
    "weights",
    Weights,
    click.option(
        "--whole", is_flag=True, help="Write all of the checkpoint, as a checkpoint (.safetensors)."
    ),
    click.option(
        "--drop-classifier", is_flag=True, help="Of --whole: all but the classifier of training people."
    ),
    options.towards,
    click.option(
        "--share",
        type=click.FloatRange(0, 1),
        help=f"How much of --towards is mixed in. [default: {_SHARE}]",
    ),
    click.option(
        "--pooling",
        type=click.Choice(POOLING_NAMES),
        help="Of --drop-classifier: pool otherwise than in training, more finely.",
    ),
    click.option(
        "--whiten",
        metavar="MANIFEST[@ROOT]",
        help="Of --drop-classifier: weigh down what differs within the people of this manifest's split train.",
    ),
    click.option(
        "--width",
        type=click.IntRange(min=1),
        help="Numbers of a whitened feature. [default: 512, or all where there are fewer]",
    ),
    click.option(
        "--dtype",
        type=click.Choice(["float32", "float16"]),
        default="float32",
        show_default=True,
        help="Type of the weights (.safetensors, .pth).",
    ),
)


def write_whole(checkpoint: Path, output: Path, weights: Weights, reading: options.Reading) -> None:
    """Write all of a checkpoint, changed as `weights` says, and say what was changed."""
    import torch

    from ..export import export_checkpoint

    share = _SHARE if weights.share is None else weights.share
    dtype = getattr(torch, weights.dtype)
    change = functools.partial(
        export_checkpoint,
        checkpoint,
        drop_classifier=weights.drop_classifier,
        towards=None if weights.towards is None else (weights.towards, share),
        pooling=weights.pooling,
    )
    if weights.whiten is None:
        num_tensors = change(output, dtype=dtype)
    else:
        table = reading.read_at(weights.whiten)
        options.keep_apart({"-o": output}, [], table)
        num_tensors = _write_whitened(change, output, dtype, table, weights.width)
    click.echo(f"wrote {num_tensors} tensors to {output}", err=True)
    if weights.towards is not None:
        click.echo(
            f"backbone: {share:g} of the weights of {weights.towards}, {1 - share:g} of {checkpoint}",
            err=True,
        )
    if weights.pooling is not None:
        neck = "" if weights.whiten else ", the neck's entries repeated for it"
        click.echo(f"pooling: {weights.pooling}{neck}", err=True)


def _write_whitened(
    change: Callable[[Path], int], output: Path, dtype: torch.dtype, table: Manifest, width: int | None
) -> int:
    """Write what `change` makes of the checkpoint, whitened; return the number of tensors."""
    from ..applications import whiten
    from ..export import export_checkpoint

    with tempfile.TemporaryDirectory() as folder:
        plain, whitened = Path(folder, "plain.safetensors"), Path(folder, "whitened.safetensors")
        change(plain)
        found = whiten(plain, whitened, table, width=width)
        num_tensors = export_checkpoint(whitened, output, dtype=dtype)
    click.echo(
        f"whitened: features of {found.width} numbers, by {found.num_images:,} images of {found.num_people:,} "
        "people in split train",
        err=True,
    )
    return num_tensors


def write_backbone(checkpoint: Path, output: Path, dtype: str) -> None:
    """Write a checkpoint's backbone."""
    import torch

    from ..export import export_backbone

    num_tensors = export_backbone(checkpoint, output, dtype=getattr(torch, dtype))
    click.echo(f"wrote {num_tensors} tensors to {output}", err=True)
