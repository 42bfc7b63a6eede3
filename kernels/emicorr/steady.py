"""Which pixels are steady enough to show a weak wave: neither bad nor bright."""

import math

import numpy as np

from gpucal.backend import array_namespace, strip_kernel
from gpucal.backend.fit import check_fit
from gpucal.backend.strips import Scratch, in_a_row

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
    check_fit(ramp=(ramp, "nints ngroups ny nx"), pixeldq=(pixeldq, "ny nx"))
    xp = array_namespace(ramp)
    spreads = xp.empty((ramp.shape[0], *ramp.shape[2:]), np.float32)
    flat = in_a_row(spreads)
    measure_spread(flat.shape, Scratch(samples=1), in_a_row(ramp), flat)
    limit = np.float32(REACH * float(xp.median(spreads)))
    return (spreads < limit) & (pixeldq == 0)


@strip_kernel
def measure_spread(integration, begin, end, samples, state, ramp, spreads):
    """Write the standard deviation of the groups of each pixel of a strip, in single precision throughout."""
    ngroups = ramp.shape[1]
    count = np.float32(ngroups)
    mean, squares = samples[0], spreads[integration, begin:end]
    for lane in range(end - begin):
        mean[lane] = squares[lane] = 0
    for group in range(ngroups):
        counts = ramp[integration, group, begin:end]
        for lane in range(end - begin):
            mean[lane] += counts[lane]
    for lane in range(end - begin):
        mean[lane] /= count
    for group in range(ngroups):
        counts = ramp[integration, group, begin:end]
        for lane in range(end - begin):
            deviation = counts[lane] - mean[lane]
            squares[lane] += deviation * deviation
    for lane in range(end - begin):
        squares[lane] = math.sqrt(squares[lane] / count)
