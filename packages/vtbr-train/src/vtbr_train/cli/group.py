"""What all commands share: errors of the user in one line, exit code 1."""

from __future__ import annotations

import errno
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
            return super().invoke(ctx)
        except click.ClickException:
            raise
        except ValueError as error:
            if type(error) not in _input_errors():
                raise
            raise click.ClickException(str(error)) from error
        except OSError as error:
            if error.errno == errno.EPIPE or error.errno is None:
                raise
            where = f"{error.filename}: " if error.filename else ""
            raise click.ClickException(f"{where}{error.strerror}") from error


def _input_errors() -> set[type]:
    modules = (sys.modules.get(f"{package}.errors") for package in _PACKAGES)
    return {module.InputError for module in modules if module is not None}
