"""Spectra that are images of their own, or series of such: their wavelengths, and corrections of each pixel."""

import numpy as np

from gpucal.backend import array_namespace, current_backend
from gpucal.kernels.images.flat_rates import Rates
from gpucal.kernels.spectra.scaled_rates import scale_rates
from gpucal.kernels.spectra.windows import Packing, in_planes, packing_of


def wavelengths_of(exposure):
    """The wavelength of each pixel, micron, (ny, nx): those that the exposure has, else those of its coordinates.

    Raises
    ------
    MissingWcsError
        If it has neither.
    """
    if exposure.has("wavelength"):
        return exposure.wavelength
    return exposure.get_wcs().on_pixels(exposure.shape_of("data")[-2:])[2]


def packing_of_image(exposure) -> Packing:
    """An exposure as one slit."""
    return packing_of(np.array([[0, *exposure.shape_of("data")[-2:]]]))


def first_table():
    """Which table the one slit takes: the first one."""
    return current_backend().asarray(np.zeros(1, np.int64))


def multiply(exposure, correction, inverse: bool) -> None:
    """Multiply rates and errors of an exposure by a correction of each pixel, and variances by its square.

    Parameters
    ----------
    exposure : Exposure
        Edited in place; a pixel that is NaN in one plane afterwards, or not to be used, becomes both in all planes.
    correction : (npixels,) float32 or float64 array
        The correction, row by row.
    inverse : bool
        Divide.
    """
    packing = packing_of_image(exposure)
    rates = Rates(*(in_planes(getattr(exposure, name), packing) for name in Rates._fields))
    given = exposure.var_flat if exposure.has("var_flat") else array_namespace(rates.data).zeros_like(rates.data)
    scale_rates(rates, in_planes(given, packing), correction, inverse)
