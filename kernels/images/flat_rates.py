"""Division of count rates and their variances by a flat field.

Source: the ``flat_field`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/flatfield/main.html.
"""

import math
from typing import NamedTuple

import numpy as np

from gpucal.backend import array_namespace, pixel_function, pixel_kernel
from gpucal.kernels.flags.dqflags import DO_NOT_USE, NO_FLAT_FIELD


class Rates(NamedTuple):
    """Images of rates, or one for each integration.

    Attributes
    ----------
    data, err : (..., ny, nx) float32 array
        Rates and their errors, DN/s.
    dq : (..., ny, nx) uint32 array
        Flags.
    var_poisson, var_rnoise : (..., ny, nx) float32 array
        Variances, (DN/s)^2.
    """

    data: np.ndarray
    err: np.ndarray
    dq: np.ndarray
    var_poisson: np.ndarray
    var_rnoise: np.ndarray


class Flat(NamedTuple):
    """A flat field.

    Attributes
    ----------
    data, err : (ny, nx) float32 array
        Relative response, and its error.
    dq : (ny, nx) uint32 array
        Flags.
    """

    data: np.ndarray
    err: np.ndarray
    dq: np.ndarray


def flat_field_rates(rates, flat, inverse=False):
    """Divide rates by a flat field, in place.

    Where the flat is NaN, zero or flagged as missing, it counts as 1 and the pixel is not to be used. A pixel that is
    NaN in one plane, or not to be used, becomes both in all planes.

    Parameters
    ----------
    rates : Rates
        Edited.
    flat : Flat
        Of the same pixels.
    inverse : bool
        Multiply, to undo the division; the errors are those of the two variances then.

    Returns
    -------
    (..., ny, nx) float32 array
        The variance that the flat adds, (DN/s)^2: the square of the divided rate times that of the relative error of
        the flat; zero of the inverse.

    Raises
    ------
    ValueError
        If shapes differ.
    """
    shape = rates.data.shape
    for name, array in rates._asdict().items():
        if array.shape != shape:
            raise ValueError(f"{name} has shape {array.shape}, the rates {shape}")
    for name, array in flat._asdict().items():
        if array.shape != shape[-2:]:
            raise ValueError(f"{name} of the flat has shape {array.shape}, the image {shape[-2:]}")
    var_flat = array_namespace(rates.data).empty_like(rates.data)
    grid = (-1, *shape[-2:])
    planes = Rates(*(plane.reshape(grid) for plane in rates))
    divide_rate(planes.data.shape, planes, var_flat.reshape(grid), flat, inverse)
    return var_flat


@pixel_kernel
def divide_rate(integration, y, x, rates, var_flat, flat, inverse):
    """One pixel of one integration."""
    response, flags = usable_response(flat.data[y, x], flat.dq[y, x])
    square = response * response
    rate = rates.data[integration, y, x]
    poisson, read = rates.var_poisson[integration, y, x], rates.var_rnoise[integration, y, x]
    added = np.float32(0)
    if inverse:
        rate, poisson, read = rate * response, poisson * square, read * square
    else:
        rate, poisson, read = rate / response, poisson / square, read / square
        added = rate * rate / square * (flat.err[y, x] * flat.err[y, x])
    err = np.float32(math.sqrt(poisson + read + added))
    flags |= rates.dq[integration, y, x]
    if math.isnan(rate + err + poisson + read + added) or flags & DO_NOT_USE:
        flags |= DO_NOT_USE
        rate = err = poisson = read = added = np.float32(math.nan)
    rates.data[integration, y, x], rates.err[integration, y, x] = rate, err
    rates.var_poisson[integration, y, x], rates.var_rnoise[integration, y, x] = poisson, read
    var_flat[integration, y, x], rates.dq[integration, y, x] = added, flags


@pixel_function
def usable_response(response, flags):
    """The response of a pixel and its flags: 1 where there is none, or it is not to be used."""
    if math.isnan(response) or response == 0:
        flags |= np.uint32(NO_FLAT_FIELD)
    if flags & NO_FLAT_FIELD:
        flags |= np.uint32(DO_NOT_USE)
    if flags & DO_NOT_USE:
        return np.float32(1), flags
    return response, flags
