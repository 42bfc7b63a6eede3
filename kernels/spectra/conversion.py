"""Factors from rates to fluxes, for each pixel of slits, from a response by wavelength.

Source: the ``photom`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/photom/main.html.
"""

import math

import numpy as np

from gpucal.backend import array_namespace, pixel_kernel
from gpucal.kernels.flags.dqflags import DO_NOT_USE
from gpucal.kernels.spectra.lookup import Tables, check_tables, value_at
from gpucal.kernels.spectra.windows import Packing, check_packing


def conversion_factors(wavelength, response: Tables, which, factors, packing: Packing):
    """The factor of each pixel.

    Parameters
    ----------
    wavelength : (npixels,) float32 or float64 array
        A packed plane, micron.
    response : Tables
        Relative response by wavelength.
    which : (nslits,) int64 array
        The table of each slit.
    factors : (nslits,) float64 array
        The scalar factor of each slit.
    packing : Packing
        How the planes are packed.

    Returns
    -------
    (npixels,) float64 array
        The product of both; zero where the table has no value.

    Raises
    ------
    ValueError
        If shapes do not fit.
    """
    check_tables(response, "response", which)
    check_packing(
        packing, wavelength=(wavelength, "npixels"), which=(which, "nslits"), factors=(factors, "nslits")
    )
    found = array_namespace(wavelength).empty(packing.npixels, np.float64)
    convert_pixel(packing.grid, packing.rows, wavelength, response, which, factors, found)
    return found


@pixel_kernel
def convert_pixel(row, x, rows, wavelength, response, which, factors, found):
    """One pixel of a packed plane."""
    if x >= rows.columns[row]:
        return
    place, slit = rows.first[row] + x, rows.slit[row]
    factor = factors[slit] * value_at(wavelength[place], response, which[slit])
    found[place] = 0.0 if math.isnan(factor) else factor


def flag_without_factor(dq, factors) -> None:
    """Flag pixels whose factor is zero as not to be used, in place.

    Parameters
    ----------
    dq : (nplanes, npixels) uint32 array
        Flags; edited.
    factors : (npixels,) float64 array
        Of `conversion_factors`.
    """
    dq[:, factors == 0] |= np.uint32(DO_NOT_USE)
