"""`vtbr-train plot`."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("runs", metavar="RUN...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--value", "names", multiple=True, help="Draw this one, such as mAP; may be given many times.")
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="Picture, by its ending SVG, PNG or PDF.",
)
def plot(runs: tuple[Path, ...], names: tuple[str, ...], output: Path) -> None:
    """Draw the curves that RUNs logged: one panel a value, one line a run. Prints what was drawn.

    \b
    Example:
      vtbr-train plot captions scratch --value mAP --value rank-1 -o curves.svg | cat
    """
    from ..measuring import check_picture
    from ..measuring import plot as draw

    check_picture(output)
    for name in draw(runs, output, names=names):
        click.echo(name)
