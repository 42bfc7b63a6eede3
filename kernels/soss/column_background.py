"""The background of each column of an image: the mean of its pixels, without those that show a spectrum.

Source: the description of ``soss_extract`` in the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/extract_1d/description_soss.html; values farther than three
standard deviations from the mean are left out, until none is.
"""

import math

import numpy as np

from gpucal.backend import current_backend, pixel_kernel
from gpucal.backend.fit import check_fit

THRESHOLD = 3.0


def column_backgrounds(images, masks):
    """The backgrounds of columns.

    Parameters
    ----------
    images : (nimages, ny, nx) float32 array
    masks : (nimages, ny, nx) bool array
        Pixels that do not count.

    Returns
    -------
    (nimages, nx) float64 array
        0 where no pixel of a column counts.

    Raises
    ------
    ValueError
        If arrays do not fit.
    """
    check_fit(images=(images, "nimages ny nx"), masks=(masks, "nimages ny nx"))
    levels = current_backend().xp.empty((len(images), images.shape[2]), np.float64)
    write_levels(levels.shape, images, masks, levels)
    return levels


@pixel_kernel(heavy=True)
def write_levels(image, column, images, masks, levels):
    """The background of a column."""
    low, high, before, level = -math.inf, math.inf, -1, 0.0
    while True:
        count, total = 0, 0.0
        for row in range(images.shape[1]):
            value = images[image, row, column]
            if not masks[image, row, column] and low <= value <= high:
                count += 1
                total += value
        if count == before or count == 0:
            break
        level, squares = total / count, 0.0
        for row in range(images.shape[1]):
            value = images[image, row, column]
            if not masks[image, row, column] and low <= value <= high:
                squares += (value - level) ** 2
        reach = THRESHOLD * math.sqrt(squares / count)
        low, high, before = level - reach, level + reach, count
    levels[image, column] = level
