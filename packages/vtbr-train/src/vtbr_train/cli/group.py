"""What all commands share: errors of the user in one line, exit code 1."""

from __future__ import annotations

import signal
from typing import Any

import click

from vtbr_models.cli import Commands


class TrainingCommands(Commands):
    """The group of vtbr-models, whose Ctrl-C exits as a shell expects it: 128 and the signal's number."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo("Aborted!", err=True)
            ctx.exit(128 + signal.SIGINT)
