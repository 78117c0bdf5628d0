"""`vtbr-eval convert`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from .shared import options
from .shared.command import Command

if TYPE_CHECKING:
    from .shared.reading import Reader


@click.command(cls=Command)
@options.features("source")
@options.output
@options.reading
def convert(source: str, output: str, read: Reader) -> None:
    """Turn the features that other tools write into a features file, or into an .npz.

    SOURCE is an .npz, .mat or HDF5 file with features, identities, cameras, splits and paths under
    their usual names (or query and gallery apart, as layumi's), an .npy with a table of labels, a
    table with features in its columns (CSV, Parquet), a folder of such files, or a features file.
    People that are counted from 0 are renumbered from 1, because 0 is a distractor here. An output
    that ends in .npz is written as one.

    \b
    Example:
      vtbr-eval convert pytorch_result.mat | vtbr-eval reid -
    """
    from ..errors import InputError
    from ..files import write_features, write_npz

    if output == "-" and sys.stdout.isatty():
        raise InputError("a features file is not text for a terminal: name a file with -o, or pipe it on")
    table = read(source)
    if output.endswith(".npz"):
        write_npz(table, output)
    else:
        write_features(table, sys.stdout.buffer if output == "-" else output)
    click.echo(f"wrote {len(table):,} features of width {table.features.shape[1]:,}", err=True)
