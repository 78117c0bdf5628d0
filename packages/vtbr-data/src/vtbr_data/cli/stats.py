"""`vtbr-data stats`."""

from __future__ import annotations

import json

import click


@click.command()
@click.argument("manifest", default="-")
@click.option("--root", type=click.Path(file_okay=False), help="The folder that paths start from.")
@click.option("--sheet", help="Draw a contact sheet (PNG) of pictures and captions.")
@click.option(
    "--sample", type=click.IntRange(1), default=24, show_default=True, help="Pictures on the sheet."
)
@click.option("--seed", default=0, show_default=True, help="Chooses the pictures.")
def stats(manifest: str, root: str | None, sheet: str | None, sample: int, seed: int) -> None:
    """Count images, identities, cameras, captions and words of MANIFEST, as JSON.

    \b
    Example:
      vtbr-data stats manifest.jsonl --sheet sheet.png | jq .captions
    """
    from vtbr_data import statistics
    from vtbr_data.manifest import read_manifest
    from vtbr_data.output import open_output

    rows = read_manifest(manifest, root=root)
    if sheet:
        picture = statistics.sheet(rows, sample, seed=seed)
        with open_output(sheet) as file:
            picture.save(file, format="PNG")
    click.echo(json.dumps(statistics.statistics(rows), ensure_ascii=False))
