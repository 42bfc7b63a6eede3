"""The least that a kernel can do: move a value."""

from gpucal.backend import pixel_kernel


@pixel_kernel
def copy(row, x, source, target):
    """Copy one value."""
    target[row, x] = source[row, x]
