"""Reads features for a command, and says on stderr what was read and how."""

from __future__ import annotations

from collections.abc import Sequence

import click

from ...errors import InputError
from ...features import GALLERY, QUERY, TRAIN, FeatureTable
from ...files import read_features
from ...tables import TableOptions
from .progress import Waiting


class Reader:
    """Reads the features files of a command under its options."""

    def __init__(
        self, columns: str | None, named: Sequence[tuple[str, str]], first_identity: int | None
    ) -> None:
        self.columns = columns
        self.options = TableOptions(columns=tuple(named), first_identity=first_identity)

    def __call__(self, source: str) -> FeatureTable:
        """Returns the table in this file; raises `InputError` for options that have no effect on it."""
        with Waiting() as progress:
            table = read_features(source, self.columns, progress, self.options)
        is_foreign = "converted_from" in (table.metadata.get("settings") or {})
        if not (is_foreign and table.notes) and (self.columns or self.options != TableOptions()):
            raise InputError(
                f"{table.name}: is a features file, whose columns are fixed: "
                "--columns, --column and --first-identity are for files of other tools"
            )
        for note in table.notes:
            click.echo(note, err=True)
        sides = {"query": QUERY, "gallery": GALLERY, "train": TRAIN}
        counts = [f"{int((table.split == number).sum()):,} {side}" for side, number in sides.items()]
        width = table.features.shape[1]
        click.echo(
            f"{table.name}: {len(table):,} features of width {width:,} ({', '.join(counts)})", err=True
        )
        return table
