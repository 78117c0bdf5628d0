"""The command group: what every command has in common. A command's module is imported when it is called."""

from __future__ import annotations

import errno
import os
import sys
from importlib import import_module

import click

from ..errors import InputError

COMMANDS = (
    "reid", "rerank", "compare", "seeds", "calibrate", "decide", "search", "captions",
    "attributes", "report", "convert", "table", "protocols",
)  # fmt: skip


class Commands(click.Group):
    """A group that ends in one line where the input is wrong, and finds its commands by name."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Returns the names in the order in which people need them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """Returns the function of the same name in the module of the same name."""
        if name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"vtbr_eval.cli.{name}"), name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Finds the command; of a mistyped one the nearest names are suggested."""
        if args[0] not in COMMANDS and not ctx.resilient_parsing:
            raise click.exceptions.NoSuchCommand(args[0], possibilities=COMMANDS, ctx=ctx)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        """Runs the command; reports in one line what the user can correct."""
        try:
            result: object = super().invoke(ctx)
            sys.stdout.flush()  # a full disk shows here, not when Python ends
            return result
        except InputError as error:
            raise click.ClickException(str(error)) from None
        except OSError as error:
            if error.errno == errno.EPIPE:  # click ends quietly
                raise
            forget_stdout()
            is_folder = isinstance(error, IsADirectoryError)
            name = f"{error.filename}: " if error.filename else ""
            reason = "is a folder: give a file" if is_folder else error.strerror or error
            raise click.ClickException(f"{name}{reason}") from None


def forget_stdout() -> None:
    """Drops what a full disk did not take of stdout, or Python would report it again when it ends."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
