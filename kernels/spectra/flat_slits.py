"""Division of the rates of slits by their flat fields.

Source: the ``flat_field`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/flatfield/main.html.
"""

import math

import numpy as np

from gpucal.backend import array_namespace
from gpucal.backend.fit import check_fit
from gpucal.backend.strips import NO_SCRATCH, strip_kernel
from gpucal.kernels.flags.dqflags import DO_NOT_USE
from gpucal.kernels.images.flat_rates import Rates
from gpucal.kernels.spectra.flat_components import SpectralFlat


def flat_field_slits(rates: Rates, flat: SpectralFlat, inverse: bool = False):
    """Divide packed rates by a flat field, in place.

    A pixel that is NaN in one plane, or not to be used, becomes both in all planes.

    Parameters
    ----------
    rates : Rates
        Packed planes, one of each for each integration: (nplanes, npixels); edited.
    flat : SpectralFlat
        Of the same pixels.
    inverse : bool
        Multiply, to undo the division; the errors are those of the two variances then.

    Returns
    -------
    (nplanes, npixels) float32 array
        The variance that the flat adds: the square of the divided rate times the relative error of the flat; zero of
        the inverse.

    Raises
    ------
    ValueError
        If shapes do not fit.
    """
    check_fit(
        **{name: (plane, "nplanes npixels") for name, plane in rates._asdict().items()},
        **{f"flat.{name}": (plane, "npixels") for name, plane in flat._asdict().items()},
    )
    var_flat = array_namespace(rates.data).empty_like(rates.data)
    divide_strip(rates.data.shape, NO_SCRATCH, rates, var_flat, flat, inverse)
    return var_flat


@strip_kernel
def divide_strip(plane, begin, end, samples, state, rates, var_flat, flat, inverse):
    """One strip of pixels of one integration."""
    for place in range(begin, end):
        response = flat.data[place]
        square = response * response
        rate, poisson, read = rates.data[plane, place], rates.var_poisson[plane, place], rates.var_rnoise[plane, place]
        added = np.float32(0)
        if inverse:
            rate, poisson, read = rate * response, poisson * square, read * square
        else:
            rate, poisson, read = rate / response, poisson / square, read / square
            added = rate / response * flat.err[place]  # squared at the end: flats may be very small
            added = added * added
        err = np.float32(math.sqrt(poisson + read + added))
        flags = rates.dq[plane, place] | flat.dq[place]
        if math.isnan(rate + err + poisson + read + added) or flags & DO_NOT_USE:
            flags |= np.uint32(DO_NOT_USE)
            rate = err = poisson = read = added = np.float32(math.nan)
        rates.data[plane, place], rates.err[plane, place] = rate, err
        rates.var_poisson[plane, place], rates.var_rnoise[plane, place] = poisson, read
        var_flat[plane, place], rates.dq[plane, place] = added, flags
