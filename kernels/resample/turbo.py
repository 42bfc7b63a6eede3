"""The turbo drop: an input pixel, shrunken, is a square along the output grid, whatever the map turns it by."""

from gpucal.backend import pixel_function
from gpucal.kernels.resample.work import CELLS, FIRST_X, FIRST_Y, X, Y


@pixel_function
def share_turbo(work, begin, end, column, row, ncolumns, nrows, half, scale):
    """Write the shares of a window of cells: overlap with a square of twice ``half``, times a scale."""
    x, y, first_x, first_y = work[X], work[Y], work[FIRST_X], work[FIRST_Y]
    for j in range(nrows):
        for i in range(ncolumns):
            share = work[CELLS + j * ncolumns + i]
            for lane in range(begin, end):
                wide = overlap(x[lane], first_x[lane] + (column + i), half)
                share[lane] = wide * overlap(y[lane], first_y[lane] + (row + j), half) * scale


@pixel_function
def overlap(center, cell, half):
    """How much of a cell, which is 1 wide, an interval covers that reaches as far as ``half`` from its centre."""
    low, high = cell - 0.5, cell + 0.5
    low = center - half if center - half > low else low
    high = center + half if center + half < high else high
    return high - low if high > low else 0.0
