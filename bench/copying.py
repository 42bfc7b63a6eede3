"""A kernel that only copies, to measure the bandwidth of memory with."""

from gpucal.backend import pixel_kernel


@pixel_kernel
def copy(row, x, source, target):
    """Copy one value."""
    target[row, x] = source[row, x]
