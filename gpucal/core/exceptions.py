"""What a step may raise to end or to skip its work."""

from gpucal.errors import GpucalError

__all__ = ["GpucalError", "NoScienceData", "SkipStep"]


class SkipStep(Exception):
    """The step does not apply to this exposure; raised before anything is edited."""


class NoScienceData(GpucalError):
    """The exposure holds no science data: the command line ends with exit code 64."""

    exit_code = 64
