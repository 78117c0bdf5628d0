"""`vtbr-eval report`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from .shared import options
from .shared.command import Command, InputName, Option
from .shared.output import write_text
from .shared.progress import Waiting
from .shared.protocol_options import protocol_options

if TYPE_CHECKING:
    from ..protocol import Protocol
    from .shared.reading import Reader


@click.command(cls=Command)
@options.features()
@options.output
@click.option(
    "--other", type=InputName(), metavar="FEATURES", help="A second system on the same images, side by side."
)
@click.option("--root", metavar="DIR", help="Where the images are: shows thumbnails (needs Pillow).")
@click.option(
    "--pictures",
    metavar="DIR",
    help="Write the pictures into this new folder instead of the page: larger ones, of all images.",
)
@click.option(
    "--top", type=click.IntRange(1, 50), default=10, show_default=True, help="Images listed for each query."
)
@click.option(
    "--picture-budget",
    cls=Option,
    needs="root",
    type=click.FloatRange(0),
    default=11,
    show_default=True,
    help="MB of thumbnails; beyond it images are named.",
)
@options.reading
@protocol_options()
@options.bootstrap
def report(
    features: str,
    output: str,
    other: str | None,
    root: str | None,
    pictures: str | None,
    top: int,
    picture_budget: float,
    read: Reader,
    protocol: Protocol,
    bootstrap: int,
    seed: int,
) -> None:
    """Write one HTML page about FEATURES: scores, curves, cameras, distances and ranked lists.

    FEATURES is a features file or an .npz; - is standard input. The page holds its pictures and
    needs no network. Under --rerank lists and distances are the re-ranked ones.

    \b
    Example:
      vtbr-models extract model.safetensors manifest.jsonl | vtbr-eval report - --root images > report.html
    """
    from ..report import check_folder, make_report

    if pictures is not None:
        if root is None:
            raise click.UsageError("--pictures needs --root DIR, where the images are")
        check_folder(Path(pictures))

    tables = [read(source) for source in (features, other) if source is not None]
    with Waiting() as progress:
        made = make_report(
            tables,
            protocol,
            root=None if root is None else Path(root),
            pictures=None if pictures is None else Path(pictures),
            page_folder=Path() if output == "-" else Path(output).parent,
            top=top,
            picture_bytes=int(picture_budget * 1e6),
            bootstrap=bootstrap,
            seed=seed,
            progress=progress,
        )
    for note in made.notes:
        click.echo(note, err=True)
    if made.dropped:
        click.echo(
            f"{made.dropped:,} of {made.queries:,} queries have no correct match in the gallery", err=True
        )
    write_text(made.html, output)
