"""The shadows of the bars between the shutters of NIRSpec, at the pixels of slits.

Source: the ``barshadow`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/barshadow/description.html.
"""

import math
from typing import NamedTuple

import numpy as np

from gpucal.backend import array_namespace, pixel_function, pixel_kernel
from gpucal.kernels.spectra.windows import Packing, check_packing


class Shadows(NamedTuple):
    """Images of shadows, one above the other, and how the slits are placed in them.

    Attributes
    ----------
    images : (nrows, ncolumns) float64 array
        Throughput, by place along a slit and by wavelength.
    first, count : (nslits,) int64 array
        The image of each slit: its first row, and how many it has; none for a slit that is in no shadow.
    zero, scale : (nslits,) float64 array
        The row of the image at the middle of the main shutter, and rows per unit of the place along the slit.
    start, step : float
        The wavelength of the first column, and from each to the next, metre.
    """

    images: np.ndarray
    first: np.ndarray
    count: np.ndarray
    zero: np.ndarray
    scale: np.ndarray
    start: float
    step: float


def shadow_of_bars(along, wavelength, shadows: Shadows, packing: Packing):
    """The throughput at each pixel, between those of the four nearest elements of the image of its slit.

    Parameters
    ----------
    along : (npixels,) float64 array
        Packed: the place along the slit, from the middle of the main shutter.
    wavelength : (npixels,) float64 array
        Packed, metre.
    shadows : Shadows
        Of all slits.
    packing : Packing
        How the planes are packed.

    Returns
    -------
    (npixels,) float32 array
        That of the nearest element beyond the edges of an image; NaN where the place or the wavelength is; 1 in a slit
        without image.

    Raises
    ------
    ValueError
        If shapes do not fit.
    """
    nrows = len(shadows.images)
    check_packing(
        packing,
        along=(along, "npixels"),
        wavelength=(wavelength, "npixels"),
        first=(shadows.first, "nslits"),
        count=(shadows.count, "nslits"),
        zero=(shadows.zero, "nslits"),
        scale=(shadows.scale, "nslits"),
        images=(shadows.images, "nrows_of_images ncolumns_of_images"),
    )
    if packing.nslits and int((shadows.first + shadows.count).max()) != nrows:
        raise ValueError(f"the images of slits do not end with the {nrows} rows of all")
    found = array_namespace(along).empty(packing.npixels, np.float32)
    shadow_pixel(packing.grid, packing.rows, along, wavelength, shadows, found)
    return found


@pixel_kernel
def shadow_pixel(row, x, rows, along, wavelength, shadows, found):
    """One pixel of a packed plane."""
    if x >= rows.columns[row]:
        return
    place, slit = rows.first[row] + x, rows.slit[row]
    count = shadows.count[slit]
    value = 1.0
    if count > 0:
        level = shadows.zero[slit] + along[place] * shadows.scale[slit]
        column = (wavelength[place] - shadows.start) / shadows.step
        value = math.nan
        if not math.isnan(level + column):
            value = between(shadows.images, shadows.first[slit], count, level, column)
    found[place] = np.float32(value)


@pixel_function
def between(images, first, count, level, column):
    """Bilinear interpolation in an image; beyond its edges, the values there."""
    width = images.shape[1]
    level, column = min(max(level, 0.0), count - 1.0), min(max(column, 0.0), width - 1.0)
    low, left = int(level), int(column)
    high, right = min(low + 1, count - 1), min(left + 1, width - 1)
    up, across = level - low, column - left
    lower = (1.0 - across) * images[first + low, left] + across * images[first + low, right]
    upper = (1.0 - across) * images[first + high, left] + across * images[first + high, right]
    return (1.0 - up) * lower + up * upper
