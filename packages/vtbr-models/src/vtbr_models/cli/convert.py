"""`vtbr-models convert`."""

from __future__ import annotations

from pathlib import Path

import click

SOURCES = ("fastreid", "ibn", "strong-baseline", "timm", "torchreid", "torchvision", "virtex", "vtbr")


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), required=True, help="The checkpoint to write."
)
@click.option(
    "--from", "source", type=click.Choice(SOURCES), help="Whose weights. [default: told by their names]"
)
@click.option("--tokenizer", type=click.Path(dir_okay=False), help="VirTex's sentencepiece .model.")
@click.option("--heads", type=click.IntRange(min=1), help="Of the decoders. [default: one for 64 of width]")
@click.option(
    "--height", type=click.IntRange(min=1), help="Of input images, in pixels. [default: the source's]"
)
@click.option(
    "--width", type=click.IntRange(min=1), help="Of input images, in pixels. [default: the source's]"
)
@click.option("--last-stride", type=click.IntRange(1, 2), help="Of the backbone. [default: the source's]")
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
    tokenizer: str | None,
    heads: int | None,
    height: int | None,
    width: int | None,
    last_stride: int | None,
    allow_missing: tuple[str, ...],
    allow_unexpected: tuple[str, ...],
    account: str | None,
    verbose: bool,
) -> None:
    """Turn another program's weights (.pth, .safetensors) into a checkpoint.

    Read are the models of VirTex and VTBR, torchvision's and timm's ResNets, IBN-Net, and the ResNets of
    reid-strong-baseline, fastreid and torchreid. Pickles that hold more than tensors are refused. Every key
    is accounted for, and nothing is written unless all fits; patterns like 'textual.*' name exceptions.

    A file does not say all: look at --last-stride, --height and --width if the model was not trained in its
    program's usual way.

    \b
    Example:
      vtbr-models convert market_resnet50.pth -o market.safetensors --account - | jq '.left_out | keys'
      vtbr-models extract market.safetensors manifest.jsonl | vtbr-eval reid - | jq .mAP
    """
    from ..checkpoint.checkpoint import save_checkpoint
    from ..conversion.convert import convert as convert_file
    from ..conversion.source import Options
    from ..errors import InputError
    from ..files.output import open_output

    options = Options(
        height=height, width=width, last_stride=last_stride, num_heads=heads, tokenizer=tokenizer
    )
    converted = convert_file(file, source=source, options=options, allow_missing=allow_missing)
    for line in converted.account.lines(every_key=verbose):
        click.echo(line, err=True)
    if account:
        with open_output(account) as opened:
            opened.write(converted.account.to_json().encode())
    objection = converted.account.objection(allow_missing=allow_missing, allow_unexpected=allow_unexpected)
    if objection:
        raise InputError(
            f"{file}: {objection}; nothing was written: if that is right, allow it by --allow-missing or "
            "--allow-unexpected PATTERN"
        )
    save_checkpoint(output, converted.model, converted.metadata)
    click.echo(f"wrote {output}", err=True)
