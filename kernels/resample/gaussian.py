"""The Gaussian drop: what an input pixel gives falls off with the distance from its centre, as far as it reaches."""

import math

import numpy as np

from gpucal.backend import pixel_function
from gpucal.kernels.resample.work import CELLS, FIRST_X, FIRST_Y, X, Y


@pixel_function
def share_gaussian(work, begin, end, column, row, ncolumns, nrows, scale, sharpness):
    """Write the shares of a window of cells, rounded to float32: scale * exp(-sharpness * distance^2)."""
    x, y, first_x, first_y = work[X], work[Y], work[FIRST_X], work[FIRST_Y]
    for j in range(nrows):
        for i in range(ncolumns):
            share = work[CELLS + j * ncolumns + i]
            for lane in range(begin, end):
                dx, dy = x[lane] - (first_x[lane] + (column + i)), y[lane] - (first_y[lane] + (row + j))
                share[lane] = np.float32(scale * math.exp(-(dx * dx + dy * dy) * sharpness))
