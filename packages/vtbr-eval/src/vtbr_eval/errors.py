"""What goes wrong by the user's hand."""


class InputError(ValueError):
    """What the user gave cannot be used: the message says what is wrong and what to do."""
