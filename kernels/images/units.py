"""Rates in units of surface brightness or flux.

Source: the ``photom`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/photom/main.html.
"""

import math

import numpy as np

from gpucal.backend import array_namespace, pixel_kernel
from gpucal.kernels.flags.dqflags import DO_NOT_USE
from gpucal.kernels.images.flat_rates import Rates


def convert_units(rates, var_flat, conversion, inverse=False):
    """Multiply rates and errors by a factor, and variances by its square, in place.

    A pixel that is NaN in one plane, or not to be used, becomes both in all planes.

    Parameters
    ----------
    rates : Rates
        Edited.
    var_flat : (..., ny, nx) float32 array or None
        The variance of the flat field; edited.
    conversion : float32 or float64
        The factor; products are rounded once, from its precision.
    inverse : bool
        Divide, to undo the conversion.

    Raises
    ------
    ValueError
        If shapes differ.
    """
    shape = rates.data.shape
    if var_flat is None:
        var_flat = array_namespace(rates.data).zeros_like(rates.data)
    for name, array in {**rates._asdict(), "var_flat": var_flat}.items():
        if array.shape != shape:
            raise ValueError(f"{name} has shape {array.shape}, the rates {shape}")
    grid = (-1, *shape[-2:])
    planes = Rates(*(plane.reshape(grid) for plane in rates))
    square = conversion * conversion
    convert_pixel(planes.data.shape, planes, var_flat.reshape(grid), conversion, square, inverse)


@pixel_kernel
def convert_pixel(integration, y, x, rates, var_flat, conversion, square, inverse):
    """One pixel of one integration."""
    rate, err = rates.data[integration, y, x], rates.err[integration, y, x]
    poisson, read = rates.var_poisson[integration, y, x], rates.var_rnoise[integration, y, x]
    flat = var_flat[integration, y, x]
    if inverse:
        rate, err = np.float32(rate / conversion), np.float32(err / conversion)
        poisson, read, flat = np.float32(poisson / square), np.float32(read / square), np.float32(flat / square)
    else:
        rate, err = np.float32(rate * conversion), np.float32(err * conversion)
        poisson, read, flat = np.float32(poisson * square), np.float32(read * square), np.float32(flat * square)
    flags = rates.dq[integration, y, x]
    if flags & DO_NOT_USE or math.isnan(rate + err + poisson + read + flat):
        rates.dq[integration, y, x] = flags | np.uint32(DO_NOT_USE)
        rate = err = poisson = read = flat = np.float32(math.nan)
    rates.data[integration, y, x], rates.err[integration, y, x] = rate, err
    rates.var_poisson[integration, y, x], rates.var_rnoise[integration, y, x] = poisson, read
    var_flat[integration, y, x] = flat
