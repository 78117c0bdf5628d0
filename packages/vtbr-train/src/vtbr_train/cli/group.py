"""What all commands share: errors of the user in one line, exit code 1."""

from __future__ import annotations

import errno
import os
import signal
import sys
from typing import Any

import click

from vtbr_models.threads import prepare_threads


class Commands(click.Group):
    """A group that prints what is wrong with the user's input instead of a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            if not {"-h", "--help"} & set(sys.argv):
                prepare_threads()
            result = super().invoke(ctx)
            sys.stdout.flush()  # a full disk shows here, not when Python ends
            return result
        except click.ClickException:
            raise
        except KeyboardInterrupt:
            ctx.exit(128 + signal.SIGINT)
        except ValueError as error:
            if not getattr(error, "is_for_users", False):
                raise
            raise click.ClickException(str(error)) from error
        except OSError as error:
            if error.errno == errno.EPIPE or error.errno is None:
                raise
            forget_stdout()
            where = f"{error.filename}: " if error.filename else ""
            raise click.ClickException(f"{where}{error.strerror}") from error


def forget_stdout() -> None:
    """Drop what a full disk did not take of stdout, or Python would complain of it once more at its end."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
