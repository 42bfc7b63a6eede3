"""What exposures, or integrations, show that are laid on each other: their median, which outliers do not move.

Source: the ``outlier_detection`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/outlier_detection/main.html.
"""

import math

import numpy as np

from gpucal.backend import current_backend, pixel_function, strip_kernel
from gpucal.backend.strips import Scratch
from gpucal.kernels.statistics.sample_medians import SEARCH_ROWS, find_medians

# What is known of each sample: the number of its values that are not NaN, and their median.
COUNT, MEDIAN, STATE_ROWS = range(3)


def median_image(stack):
    """The median of each pixel, over the images that show it.

    Parameters
    ----------
    stack : (nimages, ny, nx) float32 array
        NaN where an image does not show a pixel.

    Returns
    -------
    (ny, nx) float32 array
        The mean of the two values in the middle where their number is even; NaN where there is none.

    Raises
    ------
    ValueError
        If the stack has other axes.
    """
    _check_cube(stack)
    medians = current_backend().xp.empty(stack.shape[1:], np.float32)
    write_median_image(medians.shape, Scratch(len(stack) + SEARCH_ROWS, STATE_ROWS), stack, medians)
    return medians


def rolling_medians(cube, width, only_complete=False):
    """The median of each pixel over the integrations about each integration.

    Parameters
    ----------
    cube : (nints, ny, nx) float32 array
        Integrations.
    width : int
        How many integrations count, from half of them before an integration on; at least 2, and at most all. Those
        that are nearer to either end have the median of the nearest integration that is not.
    only_complete : bool
        Whether there is a median only where none of the values is NaN; else it is that of those that are not.

    Returns
    -------
    (nints, ny, nx) float64 array
        The mean of the two values in the middle where their number is even; NaN where there is none.

    Raises
    ------
    ValueError
        If the cube has other axes, or the width is out of range.
    """
    _check_cube(cube)
    nints = len(cube)
    if not 1 < width <= nints:
        raise ValueError(f"a median rolls over 2 to {nints} integrations, not over {width}")
    medians = current_backend().xp.empty(cube.shape, np.float64)
    half, nwindows = width // 2, nints - width + 1
    windows = medians[half : half + nwindows]
    write_rolling_medians(windows.shape, Scratch(width + SEARCH_ROWS, STATE_ROWS), cube, width, only_complete, windows)
    medians[:half] = windows[0]
    medians[half + nwindows :] = windows[-1]
    return medians


def _check_cube(cube):
    if cube.ndim != 3:
        raise ValueError(f"images in a stack have three axes, not {cube.shape}")


@strip_kernel
def write_median_image(row, begin, end, samples, state, stack, medians):
    """The medians of a strip, of all images that show its pixels."""
    find_medians_from(0, len(stack), row, begin, end, samples, state, stack)
    for lane in range(end - begin):
        medians[row, begin + lane] = state[MEDIAN, lane]


@strip_kernel
def write_rolling_medians(first, row, begin, end, samples, state, cube, width, only_complete, medians):
    """The medians of a strip, of the integrations from the first on."""
    find_medians_from(first, width, row, begin, end, samples, state, cube)
    for lane in range(end - begin):
        has_median = state[COUNT, lane] == width or not only_complete
        medians[first, row, begin + lane] = state[MEDIAN, lane] if has_median else math.nan


@pixel_function
def find_medians_from(first, number, row, begin, end, samples, state, images):
    """Find the medians of the pixels of a strip in so many images, from the first on."""
    width = end - begin
    for place in range(number):
        values, sample = images[first + place, row, begin:end], samples[place]
        for lane in range(width):
            sample[lane] = values[lane]
    find_medians(samples, number, width, state[COUNT], state[MEDIAN])
