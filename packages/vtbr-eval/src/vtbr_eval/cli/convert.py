"""`vtbr-eval convert`."""

from __future__ import annotations

import sys

import click

from .options import OUTPUT
from .progress import Waiting


@click.command()
@click.argument("source", metavar="SOURCE")
@OUTPUT
@click.option("--columns", metavar="CSV", help="Table of an .npy's rows, if not its neighbour NAME.csv.")
def convert(source: str, output: str, columns: str | None) -> None:
    """Turn the features that other tools write into a features file, or into an .npz.

    SOURCE is an .npz or HDF5 file (features, identity, camera, split, path), an .npy with a CSV
    table (path, identity, camera, split), a .mat of layumi's six arrays, a folder of such files, or
    a features file. Where people are numbered from 0, they are renumbered from 1, because 0 is a
    distractor here. An output that ends in .npz is written as one.

    \b
    Example:
      vtbr-eval convert pytorch_result.mat | vtbr-eval reid -
    """
    from ..errors import InputError
    from ..files import read_features, write_features, write_npz

    if output == "-" and sys.stdout.isatty():
        raise InputError("a features file is no text for a terminal: name a file with -o, or pipe it on")
    with Waiting() as progress:
        table = read_features(source, columns, progress)
    for note in table.notes:
        click.echo(note, err=True)
    if output.endswith(".npz"):
        write_npz(table, output)
    else:
        write_features(table, sys.stdout.buffer if output == "-" else output)
    click.echo(f"wrote {len(table):,} features of width {table.features.shape[1]:,}", err=True)
