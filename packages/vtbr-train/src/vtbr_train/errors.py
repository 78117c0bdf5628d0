"""What users are told: the one exception, and lines on stderr."""

from __future__ import annotations

import sys


class InputError(ValueError):
    """What the user gave cannot be used: the message says what is wrong and what to do."""

    is_for_users = True
    """How `vtbr-train` knows the errors of all packages, which share no class."""

    def __str__(self) -> str:
        """Return the message on one line, whatever a file's names and cells hold."""
        return " ".join(super().__str__().splitlines())


def say(text: str) -> None:
    """Print a line for people, on stderr.

    By `print`, whose lines rich shows above a progress bar; those of `click.echo` would be written into the bar.
    """
    print(text, file=sys.stderr, flush=True)
