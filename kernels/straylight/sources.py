"""Which pixels scatter light, and how much falls on them."""

import numpy as np

from gpucal.backend import array_namespace, pixel_kernel
from gpucal.backend.fit import check_fit
from gpucal.kernels.flags.dqflags import DEAD, DO_NOT_USE, HOT, NON_SCIENCE

UNUSABLE = DO_NOT_USE | NON_SCIENCE | DEAD | HOT


def light_above(data, dq, level, threshold):
    """The light on pixels that are well above a level; zero on others.

    Parameters
    ----------
    data : (ny, nx) float32 array
        Rates, DN/s.
    dq : (ny, nx) uint32 array
        Flags: pixels that are not to be used, dead, hot, or no science scatter nothing.
    level, threshold : float
        What is subtracted, and the rate below which it is noise; rounded to single precision.

    Returns
    -------
    (ny, nx) float64 array
        DN/s, never negative.

    Raises
    ------
    ValueError
        If shapes differ.
    """
    check_fit(data=(data, "ny nx"), dq=(dq, "ny nx"))
    light = array_namespace(data).empty(data.shape, np.float64)
    write_light(data.shape, data, dq, np.float32(level), np.float32(threshold), light)
    return light


@pixel_kernel
def write_light(y, x, data, dq, level, threshold, light):
    """The light on one pixel."""
    value = data[y, x]
    usable = value >= threshold and value < np.float32(np.inf) and dq[y, x] & np.uint32(UNUSABLE) == 0
    light[y, x] = max(value - level, np.float32(0)) if usable else 0.0
