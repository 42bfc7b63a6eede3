"""Errors that keep a batch from starting or from going on."""

from gpucal.errors import GpucalError


class BatchError(GpucalError):
    """A batch cannot start, or has lost all its workers; the journal holds what was done before."""
