"""The root of all errors that are meant for people."""


class GpucalError(Exception):
    """Something a user can mend: the message says what is wrong, in which file, and what to do."""

    exit_code = 1
