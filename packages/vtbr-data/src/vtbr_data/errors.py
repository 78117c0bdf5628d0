"""The error for what a user can put right."""

from __future__ import annotations


class InputError(ValueError):
    """Input that cannot be used; the message says what is wrong and what to do."""

    is_for_users = True
    """Marks the errors of all packages, which share no class, for `vtbr-train`."""

    def __str__(self) -> str:
        """Return the message on one line, whatever a file's names and cells hold."""
        return " ".join(super().__str__().splitlines())
