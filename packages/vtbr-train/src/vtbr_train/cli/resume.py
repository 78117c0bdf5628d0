"""`vtbr-train resume`."""

from __future__ import annotations

from pathlib import Path

import click

from . import options


@click.command()
@click.argument("folder", metavar="RUN", type=click.Path(path_type=Path))
@options.changes
def resume(folder: Path, changes: tuple[str, ...]) -> None:
    """Continue RUN from its folder alone, longer if asked: manifests, weights and settings are kept in it.

    Length, logging, validating and saving may change by --set; what would change the steps that are done is
    refused by name. A run that had ended continues with its optimizer, neck and classifier. Prints the JSON
    object that the run's own command prints.

    \b
    Example:
      vtbr-train resume run --set epochs=40 | jq .mAP
    """
    from ..errors import InputError
    from ..run import read_settings
    from ..settings import changed
    from .starting import start

    job, command, settings = read_settings(folder)
    if not command:
        raise InputError(
            f"{folder}: was not begun by a command: continue it as it was begun, with its resume"
        )
    if "-" in str(command.get("manifest", command.get("manifests"))).split("'"):
        raise InputError(
            f"{folder}: read its manifest from a pipe: give it again to `vtbr-train {job} - --resume -o {folder}`"
        )
    start(job, changed(settings, changes), command, folder, resume="must")
