"""The one error that users see."""

from __future__ import annotations


class InputError(ValueError):
    """What the user gave cannot be used: the message says what is wrong and what to do."""

    is_for_users = True
    """How `vtbr-train` knows the errors of all packages, which share no class."""

    def __str__(self) -> str:
        """Return the message on one line, whatever a file's names and cells hold."""
        return " ".join(super().__str__().splitlines())
