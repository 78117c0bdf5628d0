"""`vtbr-data select`."""

from __future__ import annotations

import json
from typing import Any

import click

METHODS = ("random", "k-centre", "facility-location")  # of vtbr_data.selection, which needs numpy


@click.command()
@click.argument("manifest", default="-")
@click.option("-o", "--output", default="-", help="The smaller manifest; `-` is stdout.")
@click.option("--count", type=click.IntRange(1), help="Images to keep.")
@click.option("--fraction", type=click.FloatRange(0, 1, min_open=True), help="Share of images to keep.")
@click.option(
    "--method",
    type=click.Choice(METHODS),
    default="random",
    show_default=True,
    help="Which come first: any; the farthest from those chosen; the best to stand for all.",
)
@click.option(
    "--by",
    multiple=True,
    metavar="KEY",
    help="Equal numbers of each value of identity, camera, viewpoint or an attribute; may be repeated.",
)
@click.option("--features", help="Compare by this features file; without it, by captions.")
@click.option(
    "--near-duplicates",
    type=click.FloatRange(0, 2),
    metavar="DISTANCE",
    help="First leave images out within this cosine distance of an earlier one.",
)
@click.option(
    "--split",
    type=click.Choice(["train", "query", "gallery"]),
    help="Choose among its images; all others stay.",
)
@click.option("--seed", default=0, show_default=True, help="Another seed chooses others.")
@click.option("--report", help="Write what was kept as JSON to this file.")
def select(
    manifest: str,
    output: str,
    count: int | None,
    fraction: float | None,
    method: str,
    by: tuple[str, ...],
    features: str | None,
    near_duplicates: float | None,
    split: str | None,
    seed: int,
    report: str | None,
) -> None:
    """Keep fewer images of MANIFEST, in its order.

    A random choice depends on seed and paths alone, and a smaller one is part of a larger one. k-centre and
    facility-location compare images by --features, or by the words of their captions; of many images (beyond
    10 billion pairs, or 4,096 images for facility-location) within cells of 4,096 near ones.

    \b
    Example:
      vtbr-data select manifest.jsonl --fraction 0.71 --by viewpoint | vtbr-data stats | jq .images
    """
    if count is not None and fraction is not None:
        raise click.UsageError("give --count or --fraction, not both")
    if count is None and fraction is None and near_duplicates is None:
        raise click.UsageError("say how many to keep: --count 1000 or --fraction 0.71")
    from ..manifest import read_manifest, write_manifest
    from ..output import open_output
    from ..selection import Choice, read_features
    from ..selection import select as choose

    choice = Choice(
        method=method,
        count=count,
        fraction=fraction,
        by=by,
        near_duplicates=near_duplicates,
        split=split,
        seed=seed,
    )
    known = read_features(features) if features else None
    rows, said = choose(read_manifest(manifest), choice, known)
    write_manifest(rows, output)
    if report:
        with open_output(report) as file:
            file.write(json.dumps(said, ensure_ascii=False).encode() + b"\n")
    click.echo(_summary(said), err=True)


def _summary(said: dict[str, Any]) -> str:
    (images, kept), (people, left) = said["images"], said["identities"]
    line = f"kept {kept} of {images} images, {left} of {people} identities"
    if said["near_duplicates"]:
        line += f"; {said['near_duplicates']} near duplicates left out"
    match said.get("coverage"):
        case {"chosen": chosen, "random": by_chance}:
            line += f"; cosine distance to the nearest kept one: at most {chosen['radius']:.3f}, mean "
            line += f"{chosen['mean']:.3f} (at random {by_chance['radius']:.3f}, {by_chance['mean']:.3f})"
    return line
