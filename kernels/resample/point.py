"""The point drop: all of an input pixel is at its centre, and falls into one cell."""

from gpucal.backend import pixel_function
from gpucal.kernels.resample.work import CELLS


@pixel_function
def share_points(work, begin, end, ncells):
    """Write the shares of cells: there is one."""
    for cell in range(CELLS, CELLS + ncells):
        share = work[cell]
        for lane in range(begin, end):
            share[lane] = 1.0
