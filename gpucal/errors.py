"""Errors that are meant for people, and what ends a step or a run."""


class GpucalError(Exception):
    """Something a user can mend: the message says what is wrong, in which file, and what to do."""

    exit_code = 1


class SkipStep(Exception):
    """The step does not apply to this exposure; raised before anything is edited.

    Parameters
    ----------
    reason : str
        Why, for the log.
    status : str
        The status of the step in ``meta.cal_step``; ``FAILED`` where it should have worked on such data and could not.
    """

    def __init__(self, reason: str, status: str = "SKIPPED"):
        super().__init__(reason)
        self.status = status


class NoScienceData(GpucalError):
    """The exposure holds no science data: the command line ends with exit code 64."""

    exit_code = 64


class OutOfMemory(GpucalError):
    """There is not enough memory; the message says for what, and how much is needed."""
