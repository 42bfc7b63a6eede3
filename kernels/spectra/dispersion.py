"""Wavelengths along the rows of slits, without holes, and their steps from pixel to pixel."""

import math
from typing import NamedTuple

import numpy as np

from gpucal.backend import array_namespace, pixel_function, pixel_kernel
from gpucal.kernels.spectra.windows import Packing, check_packing


class ColumnWavelengths(NamedTuple):
    """The mean wavelengths of the columns of slits.

    Attributes
    ----------
    means : (ncolumns,) float64 array
        For each column of each slit; NaN where no pixel has a wavelength.
    spans : (nslits, 2) int64 array
        The first and the last column of each slit in which a pixel has one; 0 and -1 where none has.
    """

    means: np.ndarray
    spans: np.ndarray


def column_wavelengths(wavelength, packing: Packing) -> ColumnWavelengths:
    """Average the wavelengths of each column.

    Parameters
    ----------
    wavelength : (npixels,) float32 or float64 array
        A packed plane; a pixel whose value is NaN or not above zero has none.
    packing : Packing
        See `gpucal.kernels.spectra.windows`.

    Returns
    -------
    ColumnWavelengths
        In the same unit.

    Raises
    ------
    ValueError
        If shapes do not fit.
    """
    check_packing(packing, wavelength=(wavelength, "npixels"))
    xp = array_namespace(wavelength)
    found = ColumnWavelengths(xp.empty(packing.ncolumns, np.float64), xp.empty((packing.nslits, 2), np.int64))
    average_column((packing.nslits, packing.widest), packing.slits, wavelength, found.means)
    find_span((packing.nslits,), packing.slits, *found)
    return found


@pixel_kernel
def average_column(slit, x, slits, wavelength, means):
    """The mean of one column of one slit."""
    begin, height, width = slits[slit, 0], slits[slit, 1], slits[slit, 2]
    if x >= width:
        return
    total, count = 0.0, 0
    for y in range(height):
        value = wavelength[begin + y * width + x]
        if value > 0:
            total += value
            count += 1
    means[slits[slit, 3] + x] = total / count if count else math.nan


@pixel_kernel
def find_span(slit, slits, means, spans):
    """The columns of one slit that have a wavelength."""
    first, last = 0, slits[slit, 2] - 1
    begin = slits[slit, 3]
    while last >= 0 and math.isnan(means[begin + last]):
        last -= 1
    while first < last and math.isnan(means[begin + first]):
        first += 1
    spans[slit, 0], spans[slit, 1] = first, last


@pixel_function
def step_at(slits, slit, y, x, wavelength, columns):
    """How far it is in wavelength from a pixel to the next one in its row; to the last one from that before."""
    last = slits[slit, 2] - 1
    left = max(min(x, last - 1), 0)
    right = min(left + 1, last)
    ahead = without_holes(slits, slit, y, right, wavelength, columns)
    return ahead - without_holes(slits, slit, y, left, wavelength, columns)


@pixel_function
def without_holes(slits, slit, y, x, wavelength, columns):
    """The wavelength of a pixel; the mean of its column where it has none.

    Beyond the columns with wavelengths it is that of the nearest one, in the same row.
    """
    x = max(min(x, columns.spans[slit, 1]), columns.spans[slit, 0])
    value = np.float64(wavelength[slits[slit, 0] + y * slits[slit, 2] + x])
    return value if value > 0 else columns.means[slits[slit, 3] + x]
