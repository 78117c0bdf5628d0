"""How every command reports an error: one line, exit code 1, no traceback."""

from __future__ import annotations

import errno
import os
import sys
from typing import Any

import click

from ..threads import prepare_threads


class Commands(click.Group):
    """A group whose commands report what users can correct in one line: errors with `is_for_users`."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; report errors of input, files and disks."""
        try:
            if not {"-h", "--help"} & set(sys.argv):
                prepare_threads()
            result = super().invoke(ctx)
            sys.stdout.flush()  # a full disk shows here, not when Python ends
            return result
        except ValueError as error:
            if not getattr(error, "is_for_users", False):
                raise
            raise click.ClickException(str(error)) from error
        except OSError as error:
            if error.errno is None or error.errno == errno.EPIPE:  # click ends quietly on a closed pipe
                raise
            forget_stdout()
            is_folder = isinstance(error, IsADirectoryError)
            file = "" if error.filename is None else f"{error.filename}: "
            reason = "is a folder: give a file" if is_folder else error.strerror
            raise click.ClickException(f"{file}{reason}") from error


def forget_stdout() -> None:
    """Discard what could not be written to stdout, or Python would report it again at exit."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
