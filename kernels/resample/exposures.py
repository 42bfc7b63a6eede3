"""What the pixels of an exposure bring to a mosaic: values above the sky, and weights.

Source: the ``resample`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/resample/main.html.
"""

from typing import NamedTuple

import numpy as np

from gpucal.backend import current_backend, pixel_function, pixel_kernel
from gpucal.backend.fit import check_fit
from gpucal.kernels.flags.dqflags import DO_NOT_USE, NON_SCIENCE

# Pixels with one of these flags have no weight.
BAD = DO_NOT_USE | NON_SCIENCE

# What weights are: the same for all good pixels, or the reciprocal of the variance of the read noise.
SAME, INVERSE_VARIANCE = range(2)


class Pixels(NamedTuple):
    """The pixels of an exposure.

    Attributes
    ----------
    data : (ny, nx) float32 array
        Surface brightness, or rate.
    dq : (ny, nx) uint32 array
        Flags.
    err, var_poisson, var_rnoise, var_flat : (ny, nx) float32 array or None
        The error and its variances; None where the exposure lacks one.
    """

    data: object
    dq: object
    err: object = None
    var_poisson: object = None
    var_rnoise: object = None
    var_flat: object = None


def values_and_weights(pixels, sky, weighting, factor=1.0, bad=BAD):
    """The values of an exposure above the sky, and the weights of its pixels.

    Parameters
    ----------
    pixels : Pixels
        Of the exposure; not changed.
    sky : float
        The level of the sky, subtracted from all.
    weighting : int
        `SAME` or `INVERSE_VARIANCE`.
    factor : float
        What weights are multiplied by.
    bad : int
        A sum of flags.

    Returns
    -------
    values, weights : (ny, nx) float32 array
        Weights are zero where one of the bad flags is set, where one of the arrays is NaN, and where a reciprocal is
        not finite.

    Raises
    ------
    ValueError
        If shapes do not fit each other, or there is no variance to weight by.
    """
    check_fit(**{name: (array, "ny nx") for name, array in pixels._asdict().items()})
    if weighting == INVERSE_VARIANCE and pixels.var_rnoise is None:
        raise ValueError("without the variance of the read noise there are no weights of that kind")
    xp = current_backend().xp
    none = xp.zeros((0, 0), np.float32)
    held = Pixels(*(none if array is None else array for array in pixels))
    values, weights = (xp.empty(pixels.data.shape, np.float32) for _ in range(2))
    numbers = np.float32(sky), weighting, np.float32(factor), np.uint32(bad)
    write_weights(weights.shape, held, *numbers, values, weights)
    return values, weights


@pixel_kernel
def write_weights(row, column, pixels, sky, weighting, factor, unusable, values, weights):
    """The value and the weight of one pixel."""
    value, weight = pixels.data[row, column], factor
    bad = value != value or pixels.dq[row, column] & unusable != 0
    bad = bad or is_nan(pixels.err, row, column) or is_nan(pixels.var_poisson, row, column)
    bad = bad or is_nan(pixels.var_rnoise, row, column) or is_nan(pixels.var_flat, row, column)
    if weighting == INVERSE_VARIANCE:
        variance = pixels.var_rnoise[row, column]
        bad = bad or variance == 0
        weight = factor / variance if variance != 0 else factor
        bad = bad or not abs(weight) < np.inf
    values[row, column] = value - sky
    weights[row, column] = np.float32(0) if bad else weight


@pixel_function
def is_nan(array, row, column):
    """Whether an element is NaN; of an array that is not there, none is."""
    return array.size > 0 and array[row, column] != array[row, column]
