"""Errors in what the user gave."""


class InputError(ValueError):
    """Raised when the input cannot be used: the message says what is wrong and what to do."""
