"""`vtbr-eval convert`."""

from __future__ import annotations

import sys

import click

from .options import OUTPUT


@click.command()
@click.argument("source", metavar="SOURCE")
@OUTPUT
def convert(source: str, output: str) -> None:
    """Turn an .npz (features, identity, camera, split, path) into a features file.

    Where people are numbered from 0, they are renumbered from 1, because 0 is a distractor here.

    \b
    Example:
      vtbr-eval convert features.npz | vtbr-eval reid -
    """
    from vtbr_eval.errors import InputError
    from vtbr_eval.features import read_features, write_features

    if output == "-" and sys.stdout.isatty():
        raise InputError("a features file is no text for a terminal: name a file with -o, or pipe it on")
    table = read_features(source)
    for note in table.notes:
        click.echo(note, err=True)
    write_features(table, sys.stdout.buffer if output == "-" else output)
    click.echo(f"wrote {len(table):,} features of width {table.features.shape[1]:,}", err=True)
