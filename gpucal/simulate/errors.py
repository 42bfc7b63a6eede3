"""What can be wrong with a request for a simulation."""

from gpucal.errors import GpucalError


class SimulationError(GpucalError, ValueError):
    """A detector, subarray, read pattern, effect or template that cannot be simulated."""
