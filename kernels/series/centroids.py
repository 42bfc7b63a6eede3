"""The centre of mass of what is in a box, in each integration.

Source: the ``tso_photometry`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/tso_photometry/description.html; boxes are those of
``astropy.nddata.overlap_slices``.
"""

import math
from typing import NamedTuple

import numpy as np

from gpucal.backend import array_namespace, pixel_function, pixel_kernel
from gpucal.backend.fit import check_fit


class Frames(NamedTuple):
    """Integrations, of which a level is taken away.

    Attributes
    ----------
    data : (nints, ny, nx) float32 array
        Values.
    bad : (nints, ny, nx) bool array
        Pixels that do not count; nor do those that are not finite.
    level : (nints,) float32 array
        The background of each integration.
    """

    data: np.ndarray
    bad: np.ndarray
    level: np.ndarray

    def checks(self) -> dict:
        """What `check_fit` is to see."""
        axes = "nints ny nx"
        return {"data": (self.data, axes), "bad": (self.bad, axes), "level": (self.level, "nints")}


def centers_of_mass(frames, x, y, size):
    """The centre of mass of a box, in each integration.

    Parameters
    ----------
    frames : Frames
    x, y : float
        The middle of the box; the middle of the first pixel is 0, 0.
    size : int
        Its sides, pixels. What is beyond the frame does not count.

    Returns
    -------
    (2, nints) float64 array
        x and y; NaN where no pixel of the box counts, or the centre comes out beyond the frame.

    Raises
    ------
    ValueError
        If arrays do not fit.
    """
    check_fit(**frames.checks())
    centers = array_namespace(frames.data).full((2, len(frames.data)), np.nan)
    center_of_mass((len(frames.data),), frames, float(x), float(y), int(size), centers)
    return centers


@pixel_kernel(heavy=True)
def center_of_mass(number, frames, x, y, size, centers):
    """The centre of mass in one integration."""
    ny, nx = frames.data.shape[1], frames.data.shape[2]
    if not (0.0 <= x and x <= nx - 1.0 and 0.0 <= y and y <= ny - 1.0):
        return
    first_x, first_y = first_pixel(x, size), first_pixel(y, size)
    total, along_x, along_y, level = 0.0, 0.0, 0.0, frames.level[number]
    for row in range(max(first_y, 0), min(first_y + size, ny)):
        for column in range(max(first_x, 0), min(first_x + size, nx)):
            value = np.float64(np.float32(frames.data[number, row, column] - level))
            if not frames.bad[number, row, column] and math.isfinite(value):
                total += value
                along_x += value * column
                along_y += value * row
    if total == 0.0:
        return
    middle_x, middle_y = along_x / total, along_y / total
    if 0.0 <= middle_x and middle_x < nx and 0.0 <= middle_y and middle_y < ny:
        centers[0, number], centers[1, number] = middle_x, middle_y


@pixel_function
def first_pixel(middle, size):
    """The first pixel, along one axis, of a box about a place; it may be beyond the frame."""
    return int(math.ceil(middle - size / 2))
