"""What the commands share that hold predictions against a reference."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import click

from . import options
from .command import InputName
from .output import write_result

Rows = Mapping[str, Mapping[str, Any]]


class Agreement(Protocol):
    """What is found of two manifests."""

    def to_json(self) -> dict[str, Any]:
        """Returns the scores, `warnings` among them."""


def against_reference(what: str) -> options.Decorator:
    """Adds PREDICTED, --reference, --output and --table; `what` the reference holds the true ones of."""
    reference = click.option(
        "--reference",
        required=True,
        metavar="FILE",
        type=InputName(),
        help=f"Manifest or table with the true {what}.",
    )
    predicted = click.argument("predicted", metavar="PREDICTED", type=InputName())
    return options.together(predicted, reference, options.output, options.table)


def write_agreement(
    score: Callable[[Rows, Rows], Agreement],
    predicted: str,
    reference: str,
    output: str,
    print_table: Callable[[dict[str, Any]], None] | None,
) -> None:
    """Reads both files, says how, and writes what `score` makes of their rows."""
    from ...files import read_manifest

    manifests = [read_manifest(source) for source in (predicted, reference)]
    for note in (note for manifest in manifests for note in manifest.notes):
        click.echo(note, err=True)
    result = score(manifests[0].rows, manifests[1].rows).to_json()
    for warning in result["warnings"]:
        click.echo(f"warning: {warning}", err=True)
    write_result(result, output, print_table)
