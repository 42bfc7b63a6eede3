"""What is raised where fringes cannot be told from the spectrum."""

from gpucal.errors import GpucalError


class NotFitted(GpucalError):
    """The fringes of a spectrum could not be fitted; the message says why."""
