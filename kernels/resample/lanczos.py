"""The Lanczos drop: a windowed sinc along x times one along y, looked up in a table, with lobes below zero."""

import numpy as np

from gpucal.backend import pixel_function
from gpucal.kernels.resample.work import CELLS, FIRST_X, FIRST_Y, X, Y

# From one element of the table to the next, input pixels.
SPACING = 0.003


def lanczos_table(order):
    """The table for lobes up to an order: sinc(x) sinc(x / order), zero beyond the order.

    Returns
    -------
    (n,) float64 array
        At multiples of `SPACING`, the last one for all beyond; on the host.
    """
    x = np.arange(int(np.ceil(order / SPACING)) + 2) * SPACING
    return np.where(x <= order, np.sinc(x) * np.sinc(x / order), 0.0)


@pixel_function
def share_lanczos(work, begin, end, column, row, ncolumns, nrows, scale, table):
    """Write the shares of a window of cells, from the nearest elements of the table.

    Parameters
    ----------
    scale : float
        Elements of the table in a cell.
    """
    x, y, first_x, first_y = work[X], work[Y], work[FIRST_X], work[FIRST_Y]
    for j in range(nrows):
        for i in range(ncolumns):
            share = work[CELLS + j * ncolumns + i]
            for lane in range(begin, end):
                dx, dy = x[lane] - (first_x[lane] + (column + i)), y[lane] - (first_y[lane] + (row + j))
                share[lane] = looked_up(abs(dx * scale), table) * looked_up(abs(dy * scale), table)


@pixel_function
def looked_up(place, table):
    """The nearest element of a table; the last one for all places beyond, and for NaN."""
    last = table.size - 1
    return table[int(place + 0.5 if place + 0.5 < last else last)]
