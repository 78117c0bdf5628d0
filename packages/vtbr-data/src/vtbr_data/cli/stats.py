"""`vtbr-data stats`."""

from __future__ import annotations

import json
import os

import click

from . import options
from .options import ManifestInput


@click.command()
@options.manifest
@options.root
@click.option("--table", is_flag=True, help="Print tables for people to stdout, in place of JSON.")
@click.option("--page", help="Write a page (HTML) with charts and pictures, one file that needs no network.")
@click.option(
    "--pictures",
    type=click.IntRange(1),
    default=2000,
    show_default=True,
    help="At most this many pictures are measured for the page's sizes and brightness.",
)
@click.option("--sheet", help="Draw a contact sheet (PNG) of pictures and captions.")
@click.option(
    "--sample", type=click.IntRange(1), default=24, show_default=True, help="Pictures on the sheet."
)
@options.seed
@click.option(
    "--workers",
    type=click.IntRange(1),
    default=min(8, os.cpu_count() or 1),
    show_default="CPUs",
    help="Threads.",
)
def stats(
    manifest: ManifestInput,
    root: str | None,
    table: bool,
    page: str | None,
    pictures: int,
    sheet: str | None,
    sample: int,
    seed: int,
    workers: int,
) -> None:
    """Count images, identities, cameras, captions and words of MANIFEST, as JSON.

    Captions have `distinct-n`, the share of runs of n words that are different: over at most 100,000
    captions, and falling with their number.

    \b
    Example:
      vtbr-data stats manifest.jsonl --page stats.html --sheet sheet.png | jq .captions
    """
    from ..inspecting import draw_sheet, manifest_statistics
    from ..output import open_output
    from ..progress import progress

    options.needs("pictures", page is not None, "--page")
    options.needs("sample", sheet is not None, "--sheet")
    options.require_distinct(
        {"MANIFEST": manifest.path}, {"the counts": "-", "--page": page, "--sheet": sheet}
    )
    rows = manifest.read(root)
    if page:
        from ..inspecting import make_page

        with progress("reading pictures") as report:
            text = make_page(rows, pictures=pictures, seed=seed, workers=workers, report=report)
        with open_output(page) as file:
            file.write(text.encode())
    if sheet:
        picture = draw_sheet(rows, sample, seed=seed)
        with open_output(sheet) as file:
            picture.save(file, format="PNG")
    counted = manifest_statistics(rows)
    if table:
        from ..inspecting import print_tables

        print_tables(counted)
    else:
        click.echo(json.dumps(counted, ensure_ascii=False))
