"""How much brighter an integration is than the median of its series.

The factor is that of a weighted least squares fit of the median to the integration. Pixels that are too far from the
fit, such as those with a cosmic ray, are left out, and it is fitted again.
"""

import math

import numpy as np

from gpucal.backend import array_namespace, pixel_kernel
from gpucal.backend.fit import check_fit

ROUNDS = 4


def scales_of(data, err, medians, limit):
    """The factor by which the median has to be multiplied, for each integration.

    Parameters
    ----------
    data, err : (nints, ny, nx) float32 arrays
        Integrations and their errors.
    medians : (nints, ny, nx) or (1, ny, nx) float array
        The median about each integration, or that of all.
    limit : float
        Errors that a pixel may be away from the fit.

    Returns
    -------
    (nints,) float64 array
        1 where no pixel tells.

    Raises
    ------
    ValueError
        If shapes differ.
    """
    number = "nints" if len(medians) > 1 else 1
    check_fit(data=(data, "nints ny nx"), err=(err, "nints ny nx"), medians=(medians, (number, "ny", "nx")))
    scales = array_namespace(data).ones(len(data))
    write_scale(scales.shape, data, err, medians, float(limit), scales)
    return scales


@pixel_kernel(heavy=True)
def write_scale(number, data, err, medians, limit, scales):
    """The factor of one integration."""
    which = number if medians.shape[0] > 1 else 0
    scale, reach = 1.0, math.inf
    for _ in range(ROUNDS):
        product, square = 0.0, 0.0
        for row in range(data.shape[1]):
            for column in range(data.shape[2]):
                value, error = np.float64(data[number, row, column]), np.float64(err[number, row, column])
                expected = np.float64(medians[which, row, column])
                away = abs(value - scale * expected)
                if error > 0.0 and math.isfinite(error) and away <= reach * error:
                    weight = expected / (error * error)
                    product += value * weight
                    square += expected * weight
        if not square > 0.0:
            break
        scale, reach = product / square, limit
    scales[number] = scale
