"""Which pixels are steady enough to show a weak wave: neither bad nor bright."""

import math

import numpy as np

from gpucal.backend import array_namespace, pixel_function, pixel_kernel

REACH = 2.0


def steady_pixels(ramp, pixeldq):
    """Find the pixels whose groups scatter little.

    Parameters
    ----------
    ramp : (nints, ngroups, ny, nx) float32 array
        Counts, DN.
    pixeldq : (ny, nx) uint32 array
        Pixel flags.

    Returns
    -------
    (nints, ny, nx) bool array
        True where no flag is set and the standard deviation of the groups is below twice the median of all
        standard deviations. False everywhere if one of these is NaN.
    """
    xp = array_namespace(ramp)
    shape = ramp.shape[0], *ramp.shape[2:]
    spreads = xp.empty(shape, np.float32)
    measure_spread(shape, ramp, spreads)
    limit = np.float32(REACH * float(xp.median(spreads, overwrite_input=True)))
    del spreads
    steady = xp.empty(shape, np.bool_)
    mark_steady(shape, ramp, pixeldq, limit, steady)
    return steady


@pixel_function
def spread(integration, y, x, ramp):
    """Standard deviation of the groups of a pixel, in single precision throughout."""
    ngroups = ramp.shape[1]
    total = np.float32(0)
    for group in range(ngroups):
        total += ramp[integration, group, y, x]
    mean = np.float32(total / ngroups)
    squares = np.float32(0)
    for group in range(ngroups):
        deviation = ramp[integration, group, y, x] - mean
        squares += deviation * deviation
    return np.float32(math.sqrt(np.float32(squares / ngroups)))


@pixel_kernel
def measure_spread(integration, y, x, ramp, spreads):
    """Write the spread of a pixel."""
    spreads[integration, y, x] = spread(integration, y, x, ramp)


@pixel_kernel
def mark_steady(integration, y, x, ramp, pixeldq, limit, steady):
    """Write whether a pixel is good and its spread below the limit."""
    steady[integration, y, x] = pixeldq[y, x] == 0 and spread(integration, y, x, ramp) < limit
