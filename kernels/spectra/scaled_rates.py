"""Rates of slits divided or multiplied by a correction for each pixel.

Source: the ``pathloss``, ``barshadow`` and ``photom`` steps of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/pathloss/description.html.
"""

import math

import numpy as np

from gpucal.backend.fit import check_fit
from gpucal.backend.strips import NO_SCRATCH, strip_kernel
from gpucal.kernels.flags.dqflags import DO_NOT_USE
from gpucal.kernels.images.flat_rates import Rates


def scale_rates(rates: Rates, var_flat, correction, divide: bool, match_flags: bool = True) -> None:
    """Multiply packed rates and errors by a correction, and variances by its square, in place.

    Parameters
    ----------
    rates : Rates
        Packed planes, one of each for each integration: (nplanes, npixels); edited.
    var_flat : (nplanes, npixels) float32 array
        The variance of the flat field; edited.
    correction : (npixels,) float32 or float64 array
        Products are rounded once, from its precision.
    divide : bool
        Divide in place of multiplying.
    match_flags : bool
        Whether a pixel that is NaN in one plane, or not to be used, becomes both in all planes.

    Raises
    ------
    ValueError
        If shapes do not fit.
    """
    check_fit(
        **{name: (plane, "nplanes npixels") for name, plane in rates._asdict().items()},
        var_flat=(var_flat, "nplanes npixels"),
        correction=(correction, "npixels"),
    )
    scale_strip(rates.data.shape, NO_SCRATCH, rates, var_flat, correction, divide, match_flags)


@strip_kernel
def scale_strip(plane, begin, end, samples, state, rates, var_flat, correction, divide, match_flags):
    """One strip of pixels of one integration."""
    for place in range(begin, end):
        factor = correction[place]
        square = factor * factor
        rate, err = rates.data[plane, place], rates.err[plane, place]
        poisson, read = rates.var_poisson[plane, place], rates.var_rnoise[plane, place]
        flat = var_flat[plane, place]
        if divide:
            rate, err = np.float32(rate / factor), np.float32(err / factor)
            poisson, read, flat = np.float32(poisson / square), np.float32(read / square), np.float32(flat / square)
        else:
            rate, err = np.float32(rate * factor), np.float32(err * factor)
            poisson, read, flat = np.float32(poisson * square), np.float32(read * square), np.float32(flat * square)
        flags = rates.dq[plane, place]
        if match_flags and (flags & DO_NOT_USE or math.isnan(rate + err + poisson + read + flat)):
            rates.dq[plane, place] = flags | np.uint32(DO_NOT_USE)
            rate = err = poisson = read = flat = np.float32(math.nan)
        rates.data[plane, place], rates.err[plane, place] = rate, err
        rates.var_poisson[plane, place], rates.var_rnoise[plane, place] = poisson, read
        var_flat[plane, place] = flat
