"""`vtbr-data draw`."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Literal

import click

_ON_SHEET = 24  # pictures


@click.command()
@click.argument("out", type=click.Path(file_okay=False, path_type=Path))
@click.option("--identities", type=click.IntRange(1), default=100, show_default=True, help="People.")
@click.option("--views", type=click.IntRange(1), default=8, show_default=True, help="Pictures of each.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Same seed, same bytes.")
@click.option("--style", type=click.Choice(["source", "target"]), default="source", show_default=True)
@click.option("--captions", type=click.IntRange(0), default=2, show_default=True, help="Of a source picture.")
@click.option("--workers", type=click.IntRange(1), show_default="CPUs", help="Processes.")
@click.option("--sheet", help="Draw a contact sheet (PNG) as well.")
def draw(
    out: Path,
    identities: int,
    views: int,
    seed: int,
    style: Literal["source", "target"],
    captions: int,
    workers: int | None,
    sheet: str | None,
) -> None:
    """Draw people into the folder OUT, with the manifest OUT/manifest.jsonl.

    `source` is clean, captioned and named as FineGPR; `target` is surveillance: six cameras, other people,
    named as Market-1501, with junk and distractors.

    \b
    Example:
      vtbr-data draw people --identities 20 && vtbr-data stats people/manifest.jsonl | jq .captions
    """
    from vtbr_data.captions import caption_rows
    from vtbr_data.drawing import draw as draw_people
    from vtbr_data.manifest import Manifest, Row, write_manifest
    from vtbr_data.output import open_output
    from vtbr_data.progress import progress

    start = time.monotonic()
    with progress(f"drawing {style} people") as report:
        drawn = draw_people(
            out, style=style, identities=identities, views=views, seed=seed, workers=workers, progress=report
        )
    seconds = time.monotonic() - start
    target = out / "manifest.jsonl"
    manifest = Manifest([Row.from_object(row) for row in drawn], out, fingerprint="", name=str(target))
    if style == "source" and captions:
        manifest.rows[:] = caption_rows(manifest, seed=seed, per_image=captions)
    write_manifest(manifest.rows, target)
    if sheet:
        from vtbr_data import statistics

        picture = statistics.sheet(manifest, _ON_SHEET, seed=seed)
        with open_output(sheet) as file:
            picture.save(file, format="PNG")
    click.echo(
        f"drew {len(drawn)} pictures into {out} in {seconds:.1f} s, {len(drawn) / seconds:.0f} a second",
        err=True,
    )
