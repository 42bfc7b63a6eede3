"""The median of the pixels about each pixel of an image."""

import numpy as np

from gpucal.backend import array_namespace, strip_kernel
from gpucal.backend.fit import check_fit
from gpucal.backend.strips import Scratch
from gpucal.kernels.statistics.sample_medians import SEARCH_ROWS, find_medians

# What is known of each sample: the number of its values that are not NaN, and their median.
COUNT, MEDIAN, STATE_ROWS = range(3)


def window_medians(image, window):
    """The median of a window about each pixel; beyond the image there are zeros, and NaN do not count.

    Parameters
    ----------
    image : (ny, nx) float32 array
        The image.
    window : tuple of int
        Rows and columns of the window, both odd.

    Returns
    -------
    (ny, nx) float64 array
        The mean of the two values in the middle where their number is even; NaN where there is none.

    Raises
    ------
    ValueError
        If there are other axes, or a side is not odd.
    """
    check_fit(image=(image, "ny nx"))
    height, width = window
    if height < 1 or width < 1 or height % 2 == 0 or width % 2 == 0:
        raise ValueError(f"a window about a pixel has odd sides, not {height} and {width}")
    xp = array_namespace(image)
    padded = xp.pad(image, ((height // 2, height // 2), (width // 2, width // 2)))
    medians = xp.empty(image.shape, np.float64)
    scratch = Scratch(height * width + SEARCH_ROWS, STATE_ROWS)
    write_medians(image.shape, scratch, padded, height, width, medians)
    return medians


@strip_kernel
def write_medians(y, begin, end, samples, state, padded, height, width, medians):
    """The medians of a strip."""
    lanes = end - begin
    for row in range(height):
        for column in range(width):
            values, sample = padded[y + row, begin + column : end + column], samples[row * width + column]
            for lane in range(lanes):
                sample[lane] = values[lane]
    find_medians(samples, height * width, lanes, state[COUNT], state[MEDIAN])
    for lane in range(lanes):
        medians[y, begin + lane] = state[MEDIAN, lane]
