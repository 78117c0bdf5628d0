"""`vtbr-data draw`."""

from __future__ import annotations

import os
import time
from pathlib import Path

import click


@click.command()
@click.argument("out", type=click.Path(file_okay=False, path_type=Path))
@click.option("--identities", type=click.IntRange(1), default=100, show_default=True, help="People.")
@click.option(
    "--views", type=click.IntRange(1), default=8, show_default=True, help="Pictures of each person."
)
@click.option("--seed", default=0, show_default=True, help="The same seed draws the same bytes.")
@click.option("--style", type=click.Choice(["source", "target"]), default="source", show_default=True)
@click.option(
    "--captions", type=click.IntRange(0), default=2, show_default=True, help="Of each source picture."
)
@click.option(
    "--workers", type=click.IntRange(1), default=os.cpu_count() or 1, show_default="CPUs", help="Processes."
)
@click.option("--sheet", help="Draw a contact sheet (PNG) as well.")
def draw(
    out: Path,
    identities: int,
    views: int,
    seed: int,
    style: str,
    captions: int,
    workers: int,
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
    from vtbr_data.manifest import read_manifest, write_manifest
    from vtbr_data.output import open_output
    from vtbr_data.progress import progress

    start = time.monotonic()
    with progress(f"drawing {style} people") as report:
        rows = draw_people(
            out, style=style, identities=identities, views=views, seed=seed, workers=workers, progress=report
        )
    seconds = time.monotonic() - start
    manifest = out / "manifest.jsonl"
    write_manifest(rows, manifest)
    if style == "source" and captions:
        write_manifest(caption_rows(read_manifest(manifest), seed=seed, per_image=captions), manifest)
    if sheet:
        from vtbr_data import statistics

        picture = statistics.sheet(read_manifest(manifest), 24, seed=seed)
        with open_output(sheet) as file:
            picture.save(file, format="PNG")
    click.echo(
        f"drew {len(rows)} pictures into {out} in {seconds:.1f} s, {len(rows) / seconds:.0f} a second",
        err=True,
    )
