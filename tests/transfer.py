"""Arrays to and from the backend in use, for tests that make and compare them on the host."""

from gpucal.backend import current_backend


def on_host(array):
    """What NumPy compares."""
    return current_backend().asnumpy(array)


def on_backend(array):
    """What kernels and exposures take."""
    return current_backend().asarray(array)
