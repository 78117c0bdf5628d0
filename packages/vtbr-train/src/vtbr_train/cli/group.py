"""What all commands share: errors of the user in one line, exit code 1."""

from __future__ import annotations

import errno
import os
import signal
import sys
from typing import Any

import click

# A package that is not loaded cannot have raised its error.
_PACKAGES = ("vtbr_train", "vtbr_models", "vtbr_data", "vtbr_eval")


class Commands(click.Group):
    """A group that prints what is wrong with the user's input instead of a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()  # a full disk shows here, not when Python ends
            return result
        except click.ClickException:
            raise
        except KeyboardInterrupt:
            ctx.exit(128 + signal.SIGINT)
        except ValueError as error:
            if type(error) not in _input_errors():
                raise
            raise click.ClickException(str(error)) from error
        except OSError as error:
            if error.errno == errno.EPIPE or error.errno is None:
                raise
            forget_stdout()
            where = f"{error.filename}: " if error.filename else ""
            raise click.ClickException(f"{where}{error.strerror}") from error
        except Exception as error:
            stopping = sys.modules.get("vtbr_train.run.stopping")
            if stopping is None or not isinstance(error, stopping.Stopped):
                raise
            click.echo(f"stopped; {error}: run the same command with --resume to go on", err=True)
            ctx.exit(error.exit_code)


def forget_stdout() -> None:
    """Drop what a full disk did not take of stdout, or Python would complain of it once more at its end."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _input_errors() -> set[type]:
    modules = (sys.modules.get(f"{package}.errors") for package in _PACKAGES)
    return {module.InputError for module in modules if module is not None}
