"""Profiles of point sources across the dispersion, from a model of them by wavelength."""

import math
from typing import NamedTuple

import numpy as np

from gpucal.backend import current_backend, pixel_function, pixel_kernel
from gpucal.kernels.spectra.lines import Lines, check_lines, pixels_of


class PsfModel(NamedTuple):
    """A model of point sources, and where each line is in it.

    Attributes
    ----------
    image : (nelements, nacross) float64 array
        By place along the dispersion, and across it.
    oversampling : float
        Its pixels across the dispersion in one of the slit.
    """

    image: np.ndarray
    oversampling: float


def psf_profiles(lines: Lines, model: PsfModel, element, shift):
    """The profile of a point source in each line; its sum is 1, or 0 where the model does not reach.

    Parameters
    ----------
    lines : Lines
    model : PsfModel
    element : (npixels,) float64 array
        The place along the dispersion in the model, of each pixel; NaN where it has none.
    shift : (nlines,) float64 array
        The place in the model, across the dispersion, of the first pixel of each line.

    Returns
    -------
    (npixels,) float64 array

    Raises
    ------
    ValueError
        If arrays do not fit.
    """
    check_lines(lines, element=(element, "npixels"), shift=(shift, "nlines"))
    profiles = current_backend().xp.empty(lines.npixels, np.float64)
    profile_of_line((lines.count,), lines, model, element, shift, profiles)
    return profiles


@pixel_kernel
def profile_of_line(line, lines, model, element, shift, profiles):
    """One line."""
    first, step, rows = pixels_of(lines, line)
    total, pixel = 0.0, first
    for row in range(rows):
        value = bilinear(model.image, element[pixel], shift[line] + row * model.oversampling)
        total += value
        profiles[pixel] = value
        pixel += step
    pixel = first
    for _row in range(rows):
        profiles[pixel] = profiles[pixel] / total if total != 0 else 0.0
        pixel += step


@pixel_function
def bilinear(image, y, x):
    """An image between its pixels; 0 beyond them, and where a coordinate is NaN."""
    last_y, last_x = image.shape[0] - 1, image.shape[1] - 1
    if not (y >= 0 and y <= last_y and x >= 0 and x <= last_x):
        return 0.0
    row, column = int(math.floor(y)), int(math.floor(x))
    below, right = min(row + 1, last_y), min(column + 1, last_x)
    dy, dx = y - row, x - column
    upper = (1.0 - dx) * image[row, column] + dx * image[row, right]
    lower = (1.0 - dx) * image[below, column] + dx * image[below, right]
    return (1.0 - dy) * upper + dy * lower
