"""The one error a user sees."""


class InputError(ValueError):
    """Bad input, told in one message: the value, where it came from, and what to do about it."""
