"""`vtbr-data pack`."""

from __future__ import annotations

import json
import re
from pathlib import Path

import click

from . import options
from .options import ManifestInput

_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "ki": 2**10, "mi": 2**20, "gi": 2**30}


class _Bytes(click.ParamType[int]):
    """A size: 500M, 256MiB, 1GB, 100000."""

    name = "size"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        found = re.fullmatch(r"(\d+)\s*([kmg]?i?)b?", str(value).strip().lower())
        if not found or found[2] not in _UNITS or not int(found[1]):
            self.fail(f"{value!r} is not a size: write it as 500MB or 256MiB", param, ctx)
        return int(found[1]) * _UNITS[found[2]]


@click.command()
@options.manifest
@click.option(
    "-o",
    "--output",
    "folder",
    required=True,
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="A new folder for the shards.",
)
@options.root
@click.option(
    "--shard-size", type=_Bytes(), default="256MiB", show_default=True, help="Largest size of a shard."
)
@click.option(
    "--shuffle",
    type=click.IntRange(0),
    metavar="SEED",
    help="Shuffle the images first, as reading over a network needs. Without it: the manifest's order.",
)
@click.option(
    "--resize",
    type=click.IntRange(1),
    metavar="PIXELS",
    help="Reduce pictures whose shorter side is longer than this (as JPEG).",
)
@click.option(
    "--quality",
    type=click.IntRange(1, 100),
    help="Encode all pictures as JPEG of this quality (90 with --resize).",
)
@click.option(
    "--skip-unreadable", is_flag=True, help="Leave out pictures that cannot be read, and name them."
)
@click.option(
    "--workers", type=click.IntRange(1), default=2, show_default=True, help="Threads that read pictures."
)
def pack(
    manifest: ManifestInput,
    folder: Path,
    root: str | None,
    shard_size: int,
    shuffle: int | None,
    resize: int | None,
    quality: int | None,
    skip_unreadable: bool,
    workers: int,
) -> None:
    """Pack the pictures of MANIFEST into tar shards that training reads as it reads folders.

    FOLDER gets 000000.tar, 000001.tar, ... (KEY.jpg and KEY.json each, as WebDataset reads them),
    manifest.jsonl, index.npy for random access, and shards.json with sizes and checksums. The files' own
    bytes are packed unless --resize or --quality is given. Stopped packing continues when the same command is
    given again. Prints what was packed as JSON.

    \b
    Example:
      vtbr-data index market1501 Market-1501 | vtbr-data pack - --root Market-1501 -o shards | jq .shards
    """
    from ..progress import progress
    from ..shards import PackConfig
    from ..shards import pack as pack_manifest

    config = PackConfig(
        shard_bytes=shard_size,
        shuffle_seed=shuffle,
        short_side_px=resize,
        quality=quality,
        skip_unreadable=skip_unreadable,
    )
    rows = manifest.read(root)

    def say(text: str) -> None:
        click.echo(text, err=True)

    try:
        with progress("packing") as report:
            packed = pack_manifest(rows, folder, config, workers=workers, say=say, report=report)
    except KeyboardInterrupt:
        say(f"stopped: the same command continues from {folder}.partial")
        raise
    num_bytes = sum(shard.bytes for shard in packed.shards)
    say(f"packed {packed.samples} images into {len(packed.shards)} shards, {num_bytes / 1e6:.1f} MB")
    result = {
        "folder": str(folder),
        "samples": packed.samples,
        "shards": len(packed.shards),
        "bytes": num_bytes,
        "left_out": packed.left_out,
    }
    click.echo(json.dumps(result))
