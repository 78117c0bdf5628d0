"""The command group: what every command has in common."""

from __future__ import annotations

import errno
import os
import sys
from typing import Any

import click

from ..errors import InputError

HELP_NAMES = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


class Commands(click.Group):
    """A group that prints wrong input and full disks as one line and exits 1."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a closed pipe (EPIPE) is left to Click, which ends quietly."""
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()  # a full disk shows here, not when Python ends
            return result
        except InputError as error:
            raise click.ClickException(str(error)) from error
        except OSError as error:
            if error.errno == errno.EPIPE:
                raise
            forget_stdout()
            raise click.ClickException(_one_line(error)) from error


def forget_stdout() -> None:
    """Discard what could not be written to stdout, or Python would report it again at exit."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _one_line(error: OSError) -> str:
    is_folder = isinstance(error, IsADirectoryError)
    reason = "is a folder: give a file" if is_folder else error.strerror or str(error)
    return f"{error.filename}: {reason}" if error.filename else reason
