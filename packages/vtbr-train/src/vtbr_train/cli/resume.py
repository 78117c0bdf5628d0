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
    from ..settings import changed, from_values
    from .starting import reads_stdin, start

    job, command, settings = read_settings(folder)
    if job not in options.JOBS:
        raise InputError(f"{folder}: is a run of {job!r}: this version knows {' and '.join(options.JOBS)}")
    if not command:
        raise InputError(
            f"{folder}: does not say which command began it: give that command again, with --resume"
        )
    if reads_stdin(command):
        raise InputError(
            f"{folder}: read its manifest from a pipe: give it again to `vtbr-train {job} - --resume -o {folder}`"
        )
    try:
        from_values(options.config_class(job), settings)
    except InputError as error:
        raise InputError(
            f"{folder}: {error}; its settings.yaml is of another version, or was edited"
        ) from error
    start(job, changed(settings, changes), command, folder, resume="must")
