"""What every command does with an error: one line, exit code 1, never a traceback."""

from __future__ import annotations

import errno
import os
import sys
from typing import Any

import click

from ..errors import InputError


class Commands(click.Group):
    """A group that tells users what they can mend, in one line."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; errors of input, files and disks become click's."""
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()  # a full disk shows here, not when Python ends
            return result
        except InputError as error:
            raise click.ClickException(str(error)) from error
        except OSError as error:
            if error.errno is None or error.errno == errno.EPIPE:  # click ends quietly on a closed pipe
                raise
            forget_stdout()
            file = "" if error.filename is None else f"{error.filename}: "
            raise click.ClickException(f"{file}{error.strerror}") from error


def forget_stdout() -> None:
    """Drop what a full disk did not take of stdout, or Python would complain of it once more at its end."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
