"""`vtbr-eval report`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from .options import OUTPUT
from .progress import Waiting

if TYPE_CHECKING:
    from ..protocol import Distance


@click.command()
@click.argument("features", metavar="FEATURES")
@OUTPUT
@click.option("--other", metavar="FEATURES", help="A second system on the same images, side by side.")
@click.option("--root", metavar="DIR", help="Where the images are: shows thumbnails (needs Pillow).")
@click.option(
    "--top", type=click.IntRange(1, 50), default=10, show_default=True, help="Images listed a query."
)
@click.option(
    "--picture-budget",
    type=click.FloatRange(0),
    default=11,
    show_default=True,
    help="MB of thumbnails; beyond it images are named.",
)
@click.option("--distance", type=click.Choice(["cosine", "euclidean"]), default="cosine", show_default=True)
@click.option("--no-camera", is_flag=True, help="Compare images of the same camera too.")
@click.option(
    "--bootstrap",
    default=1000,
    show_default=True,
    help="Draws for the 95 % intervals over identities; 0: none.",
)
@click.option("--seed", default=0, show_default=True, help="Of these draws.")
def report(
    features: str,
    output: str,
    other: str | None,
    root: str | None,
    top: int,
    picture_budget: float,
    distance: Distance,
    no_camera: bool,
    bootstrap: int,
    seed: int,
) -> None:
    """Write one HTML page about FEATURES: scores, curves, cameras, distances and ranked lists.

    FEATURES is a features file or an .npz; - is standard input. The page holds its pictures and
    needs no network. Lists are those of the plain distances, not re-ranked.

    \b
    Example:
      vtbr-models extract model.safetensors manifest.jsonl | vtbr-eval report - --root images > report.html
    """
    from ..files import read_features, replacing
    from ..protocol import Protocol
    from ..report import make_report

    with Waiting() as progress:
        tables = [read_features(s, progress=progress) for s in (features, other) if s is not None]
        made = make_report(
            tables,
            Protocol(distance=distance, cross_camera=not no_camera),
            root=None if root is None else Path(root),
            top=top,
            picture_bytes=int(picture_budget * 1e6),
            bootstrap=bootstrap,
            seed=seed,
            progress=progress,
        )
    for note in (note for table in tables for note in table.notes):
        click.echo(note, err=True)
    for note in made.notes:
        click.echo(note, err=True)
    if output == "-":
        click.echo(made.html, nl=False)
    else:
        with replacing(Path(output)) as file:
            file.write(made.html.encode())
