"""The one error that users see."""

from __future__ import annotations


class InputError(ValueError):
    """What the user gave cannot be used: the message says what is wrong and what to do."""
