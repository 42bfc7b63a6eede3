"""Pixels without a value, estimated from two neighbours: those of the axis along which the light changes least.

Source: the ``pixel_replace`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/pixel_replace/main.html.
"""

import math

import numpy as np

from gpucal.backend import pixel_function, pixel_kernel
from gpucal.kernels.spectra.replaced import PLANES, VARIANCE, Pixels, estimated
from gpucal.kernels.spectra.windows import Packing, check_packing

# Pixels at the edges of an image that are left as they are: so many rows and columns at its beginning, and one less at
# its end.
MARGIN = 2


def replace_by_gradient(pixels: Pixels, packing: Packing) -> None:
    """Estimate pixels whose data are not finite; in place.

    A pixel stays as it is where neither axis has two neighbours with data. Roots of variances are averaged.

    Parameters
    ----------
    pixels : Pixels
        Edited.
    packing : Packing
        How they are packed.

    Raises
    ------
    ValueError
        If shapes do not fit.
    """
    check_packing(packing, **pixels.checks())
    given = pixels.planes.copy()
    replace_one(packing.grid, packing, given, pixels.planes, pixels.dq, pixels.held)


@pixel_kernel
def replace_one(row, column, packing, given, planes, dq, held):
    """One pixel."""
    width, height = packing.rows.columns[row], packing.slits[packing.rows.slit[row], 1]
    y = packing.rows.y[row]
    place = packing.rows.first[row] + column
    inside = column >= MARGIN and column <= width - MARGIN and y >= MARGIN and y <= height - MARGIN
    if inside and not math.isfinite(given[0, place]):
        step = nearest_pair(given[0], place, width)
        if step > 0:
            for plane in range(len(PLANES)):
                if held[plane]:
                    planes[plane, place] = between(given[plane], place, step, plane >= VARIANCE)
            dq[place] = estimated(dq[place])


@pixel_function
def nearest_pair(data, place, width):
    """The step to the neighbours that differ least: along x, or along y; 0 where no two differ by a number."""
    along_x = abs(data[place - 1] - data[place + 1])
    along_y = abs(data[place - width] - data[place + width])
    if math.isfinite(along_x) and not along_y < along_x:
        return 1
    return width if math.isfinite(along_y) else 0


@pixel_function
def between(plane, place, step, is_square):
    """The mean of two neighbours; of squares, the square of the mean of their roots."""
    first, second = plane[place - step], plane[place + step]
    if not is_square:
        return (first + second) / np.float32(2)
    root = (np.float32(math.sqrt(first)) + np.float32(math.sqrt(second))) / np.float32(2)
    return root * root
