"""`vtbr-models convert`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from . import options

if TYPE_CHECKING:
    from ..conversion import Options

SOURCES = (
    "fastreid",
    "ibn",
    "layumi",
    "mobilenet",
    "moco",
    "pass",
    "solider",
    "strong-baseline",
    "timm",
    "torchreid",
    "torchvision",
    "transreid",
    "virtex",
    "vtbr",
)
POOLINGS = {"avg": "average", "max": "max", "gem": "gem", "avgmax": "avgmax"}


def _three(
    context: click.Context, parameter: click.Parameter, value: str | None
) -> tuple[float, float, float] | None:
    if value is None:
        return None
    try:
        red, green, blue = (float(part) for part in value.split(","))
    except ValueError as error:
        raise click.BadParameter("three numbers, of red, green and blue: 0.485,0.456,0.406") from error
    return red, green, blue


def _settings(
    tokenizer: str | None,
    num_heads: int | None,
    height: int | None,
    width: int | None,
    mean: tuple[float, float, float] | None,
    std: tuple[float, float, float] | None,
    last_stride: int | None,
    pooling: str | None,
    feature: str | None,
    config: str | None,
) -> Options:
    from ..conversion import Options

    return Options(
        tokenizer=tokenizer,
        num_heads=num_heads,
        height=height,
        width=width,
        mean=mean,
        std=std,
        last_stride=last_stride,
        pooling=POOLINGS[pooling] if pooling else None,
        feature=feature,
        config=config,
    )


_unsaid = options.grouped(
    "settings",
    _settings,
    click.option(
        "--tokenizer", type=click.Path(dir_okay=False), help="VirTex's sentencepiece .model, or its import."
    ),
    click.option(
        "--heads",
        "num_heads",
        type=click.IntRange(min=1),
        help="Of the decoders. [default: one for 64 of width]",
    ),
    click.option(
        "--height", type=click.IntRange(min=1), help="Of input images, in pixels. [default: the source's]"
    ),
    click.option(
        "--width", type=click.IntRange(min=1), help="Of input images, in pixels. [default: the source's]"
    ),
    click.option(
        "--mean", callback=_three, metavar="R,G,B", help="Of pixels in [0, 1]. [default: the source's]"
    ),
    click.option(
        "--std", callback=_three, metavar="R,G,B", help="Of pixels in [0, 1]. [default: the source's]"
    ),
    click.option("--last-stride", type=click.IntRange(1, 2), help="Of the backbone. [default: the source's]"),
    click.option("--pooling", type=click.Choice(list(POOLINGS)), help="Of the map. [default: the source's]"),
    click.option(
        "--feature",
        type=click.Choice(["neck", "before"]),
        help="What people are compared by: after the neck or before it. [default: the source's]",
    ),
    click.option(
        "--config",
        type=click.Path(exists=True, dir_okay=False),
        help="fastreid's YAML that the model was trained with.",
    ),
)
"""What a file of weights does not say."""

_ADVICE = (
    "tensors that take part in the features cannot be left out; where you know that some do not, name them by "
    "--allow-missing or --allow-unexpected PATTERN"
)


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), required=True, help="The checkpoint to write."
)
@click.option(
    "--from", "source", type=click.Choice(SOURCES), help="Whose weights. [default: told by their names]"
)
@_unsaid
@click.option("--allow-missing", multiple=True, metavar="PATTERN", help="Of our keys; may be repeated.")
@click.option(
    "--allow-unexpected", multiple=True, metavar="PATTERN", help="Of keys in FILE; may be repeated."
)
@click.option("--account", metavar="FILE|-", help="Write the account of all keys as JSON.")
@click.option("-v", "--verbose", is_flag=True, help="Name every key, not only those that need a look.")
def convert(
    file: Path,
    output: Path,
    source: str | None,
    settings: Options,
    allow_missing: tuple[str, ...],
    allow_unexpected: tuple[str, ...],
    account: str | None,
    verbose: bool,
) -> None:
    """Turn another program's weights (.pth, .safetensors) into a checkpoint.

    Reads models of VirTex and VTBR; torchvision, timm, DeiT, IBN-Net, MoCo and LUPerson; reid-strong-baseline,
    fastreid, torchreid (OSNet too), layumi, TransReID, SOLIDER. Pickles that hold more than data are refused. Every
    key is accounted for, and nothing is written unless all fits; patterns like 'textual.*' name exceptions.

    A file of weights does not say everything: each assumption is printed with the option that changes it.

    \b
    Example:
      vtbr-models convert market_resnet50.pth -o market.safetensors --account - | jq '.left_out | keys'
      vtbr-models extract market.safetensors manifest.jsonl | vtbr-eval reid - | jq .mAP
    """
    from ..checkpoint import save_checkpoint
    from ..conversion import convert_weights
    from ..errors import InputError
    from ..files import open_output

    read = [file, settings.tokenizer, settings.config]
    options.keep_apart({"-o": output, "--account": account}, read)
    converted = convert_weights(file, source=source, options=settings, allow_missing=allow_missing)
    for line in converted.account.lines(every_key=verbose):
        click.echo(line, err=True)
    if account:
        with open_output(account) as opened:
            opened.write(converted.account.to_json().encode())
    objection = converted.account.objection(allow_missing=allow_missing, allow_unexpected=allow_unexpected)
    if objection:
        raise InputError(f"{file}: {objection}; nothing was written: {_ADVICE}")
    save_checkpoint(output, converted.model, converted.metadata)
    click.echo(f"wrote {output}", err=True)
