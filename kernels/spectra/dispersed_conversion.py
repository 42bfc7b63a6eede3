"""Factors from rates to surface brightness, for each pixel of spectra without slits.

A pixel of such a spectrum has the light of all wavelengths that it spans: the response at its wavelength is divided by
the change of wavelength from one pixel to the next.

Source: the ``photom`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/photom/main.html.
"""

import math

import numpy as np

from gpucal.backend import array_namespace, pixel_function, pixel_kernel
from gpucal.kernels.spectra.lines import ALONG_X
from gpucal.kernels.spectra.lookup import Tables, check_tables, value_at
from gpucal.kernels.spectra.windows import Packing, check_packing


def dispersed_factors(wavelength, direction, response: Tables, which, factors, packing: Packing):
    """The factor of each pixel.

    Parameters
    ----------
    wavelength : (npixels,) float32 or float64 array
        A packed plane, micron.
    direction : (nslits,) int64 array
        The dispersion axis of each slit: `gpucal.kernels.spectra.lines.ALONG_X`, or along y.
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
        Factor and response, divided by the size of the change of wavelength, micron per pixel: half of that from the
        pixel before to the one after, or the whole from or to the only one of them that has a wavelength. Zero where
        the table has no value, or the change is not known or nothing.

    Raises
    ------
    ValueError
        If shapes do not fit.
    """
    check_tables(response, "response", which)
    by_slit = {"direction": direction, "which": which, "factors": factors}
    check_packing(
        packing, wavelength=(wavelength, "npixels"), **{key: (one, "nslits") for key, one in by_slit.items()}
    )
    found = array_namespace(wavelength).empty(packing.npixels, np.float64)
    arguments = wavelength, direction, response, which, factors, found
    convert_dispersed_pixel(packing.grid, packing.rows, packing.slits, *arguments)
    return found


@pixel_kernel
def convert_dispersed_pixel(row, x, rows, slits, wavelength, direction, response, which, factors, found):
    """One pixel of a packed plane."""
    if x >= rows.columns[row]:
        return
    place, slit = rows.first[row] + x, rows.slit[row]
    if direction[slit] == ALONG_X:
        change = change_at(wavelength, place, x, rows.columns[row], 1)
    else:
        change = change_at(wavelength, place, rows.y[row], slits[slit, 1], rows.columns[row])
    factor = (
        factors[slit] * value_at(wavelength[place], response, which[slit]) / change
        if change > 0
        else math.nan
    )
    found[place] = 0.0 if math.isnan(factor) else factor


@pixel_function
def change_at(wavelength, place, element, count, step):
    """The size of the change of wavelength along a line of pixels, at one of them; NaN where it is not known."""
    before, after = np.float64(math.nan), np.float64(math.nan)
    here = np.float64(wavelength[place])
    if element > 0:
        before = np.float64(wavelength[place - step])
    if element < count - 1:
        after = np.float64(wavelength[place + step])
    if math.isnan(before):
        return abs(after - here)
    if math.isnan(after):
        return abs(here - before)
    return abs(after - before) / 2.0
