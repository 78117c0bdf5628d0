"""`vtbr-eval table`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from .shared import options
from .shared.command import Command, InputName
from .shared.output import write_text

if TYPE_CHECKING:
    from ..comparison import Style


@click.command(cls=Command)
@click.argument("scores", nargs=-1, required=True, metavar="SCORES...", type=InputName())
@options.output
@click.option(
    "--as", "style", type=click.Choice(["markdown", "latex", "csv"]), default="markdown", show_default=True
)
@click.option("--measures", default="", metavar="NAME,...", help="Columns. [default: all that every row has]")
@click.option(
    "--names", default="", metavar="NAME,...", help="Names of the rows. [default: those of the files]"
)
def table(scores: tuple[str, ...], output: str, style: Style, measures: str, names: str) -> None:
    """Put scores files into one table for a paper or a page, a row each.

    SCORES are files that `reid`, `search` or `seeds` wrote. Markdown and LaTeX show percent and the
    best of each column in bold, CSV fractions.

    \b
    Example:
      vtbr-eval reid features.safetensors | vtbr-eval table - --names ours --as latex
    """
    from ..comparison import read_row, table_of
    from ..errors import InputError

    called = names.split(",") if names else [None] * len(scores)
    if len(called) != len(scores):
        raise InputError(f"{len(called)} names for {len(scores)} files: give each file one")
    rows = [read_row(file, name) for file, name in zip(scores, called, strict=True)]
    if any(row.protocol != rows[0].protocol for row in rows):
        click.echo("these scores were made under different protocols: they are not comparable", err=True)
    if any(row.test_set != rows[0].test_set for row in rows if row.test_set and rows[0].test_set):
        click.echo(
            "these scores are of different test sets (their counts differ): they are not comparable", err=True
        )
    write_text(table_of(rows, style, measures.split(",") if measures else ()), output)
