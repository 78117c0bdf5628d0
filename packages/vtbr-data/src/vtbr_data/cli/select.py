"""`vtbr-data select`."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from . import options
from .options import ManifestInput

if TYPE_CHECKING:
    from ..manifest import Row

METHODS = ("random", "k-centre", "facility-location")  # of vtbr_data.selection, which needs numpy


@click.command()
@options.manifest
@click.option("-o", "--output", default="-", help="The smaller manifest; `-` is stdout.")
@click.option("--count", type=click.IntRange(1), help="Images to keep.")
@click.option("--fraction", type=click.FloatRange(0, 1, min_open=True), help="Share of images to keep.")
@click.option("--identities", type=click.IntRange(1), help="People to keep, with all their images.")
@click.option(
    "--hold-out",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    metavar="SHARE",
    help="Move this share of the people of training into --held-out, as query and gallery.",
)
@click.option("--held-out", metavar="FILE", help="The manifest of the people that --hold-out moves.")
@click.option(
    "--method",
    type=click.Choice(METHODS),
    default="random",
    show_default=True,
    help="Order of choice: at random; farthest from those chosen; best representatives of all.",
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
@options.seed
@click.option("--report", help="Write what was kept as JSON to this file.")
def select(
    manifest: ManifestInput,
    output: str,
    hold_out: float | None,
    held_out: str | None,
    features: str | None,
    report: str | None,
    **choice: Any,
) -> None:
    """Keep fewer images of MANIFEST, in its order, or hold people out as a test set.

    A random choice depends on seed and paths (of people: identities) alone, and a smaller one is part of a
    larger one. k-centre and facility-location compare images by --features, or by the words of their captions;
    of many images (beyond 10 billion pairs, or 4,096 images for facility-location) within cells of 4,096 near
    ones. Of several choices people are held out first, then --identities are chosen, then images.

    \b
    Example:
      vtbr-data select m.jsonl --hold-out 0.1 -o train.jsonl --held-out test.jsonl
      vtbr-data select manifest.jsonl --fraction 0.71 --by viewpoint | vtbr-data stats | jq .images
    """
    _require_sense(choice, hold_out, held_out)
    options.require_distinct(
        {"MANIFEST": manifest.path, "--features": features},
        {"--output": output, "--held-out": held_out, "--report": report},
    )
    from ..manifest import write_manifest
    from ..output import open_output
    from ..selection import Choice, read_features
    from ..selection import hold_out as split_off
    from ..selection import select as choose

    read = manifest.read()
    held: list[Row] = []
    if hold_out is not None:
        rows, held = split_off(read.rows, hold_out, seed=choice["seed"], split=choice["split"] or "train")
        read = replace(read, rows=rows)
    rows, said = read.rows, None
    if _chooses(choice, "count", "fraction", "near_duplicates", "identities"):
        rows, said = choose(read, Choice(**choice), read_features(features) if features else None)
    if held_out is not None:
        write_manifest(held, held_out)
        click.echo(_held(held, held_out), err=True)
    write_manifest(rows, output)
    if report and said:
        with open_output(report) as file:
            file.write(json.dumps(said, ensure_ascii=False).encode() + b"\n")
    click.echo(_summary(said) if said else f"{len(rows)} images stay", err=True)


def _require_sense(choice: dict[str, Any], hold_out: float | None, held_out: str | None) -> None:
    """Refuse options that contradict each other, or that another one would have to go with."""
    images_are_chosen = _chooses(choice, "count", "fraction", "near_duplicates")
    is_chosen = images_are_chosen or _chooses(choice, "identities")
    if choice["count"] is not None and choice["fraction"] is not None:
        raise click.UsageError("give --count or --fraction, not both")
    if not is_chosen and hold_out is None:
        raise click.UsageError(
            "say how many to keep: --count 1000, --fraction 0.71, --identities 100 or --hold-out 0.1"
        )
    options.needs("hold_out", held_out is not None, "--held-out FILE, where these people go")
    options.needs("held_out", hold_out is not None, "--hold-out SHARE, of the people to move there")
    for name in ("method", "by"):
        options.needs(name, images_are_chosen, "--count or --fraction")
    compares = choice["method"] != "random" or _chooses(choice, "near_duplicates")
    options.needs("features", compares, "--method k-centre or facility-location, or --near-duplicates")
    options.needs("report", is_chosen, "--count, --fraction or --identities")


def _chooses(choice: dict[str, Any], *keys: str) -> bool:
    return any(choice[key] is not None for key in keys)


def _held(rows: list[Row], name: str) -> str:
    people, queries = len({row.identity for row in rows}), sum(row.split == "query" for row in rows)
    return f"held out {people} people: {queries} query and {len(rows) - queries} gallery images in {name}"


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
