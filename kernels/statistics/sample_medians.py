"""Medians of long samples of many pixels at once, without sorting them.

A value has half of a sample below it. Which one that is, is found by bisection: the interval that holds it is halved,
by counting the values below its middle, until one value is left in it. For long samples that takes fewer steps than
sorting them, and all pixels of a strip take the same ones.

The first interval reaches one standard deviation to either side of the mean, where the median always lies (H. Hotelling
and L. M. Solomons 1932, Annals of Mathematical Statistics 3, 141, "The limits of a measure of skewness").
"""

import math

import numpy as np

from gpucal.backend import pixel_function
from gpucal.kernels.statistics.sorted_samples import LARGEST, count_known, sort_known, sorted_median

# Samples up to this length are sorted.
SHORT = 160

# Rows of scratch memory after the samples: the interval, the values up to its ends, and a value in question.
LOWER, UPPER, UP_TO_LOWER, UP_TO_UPPER, VALUE, UP_TO_VALUE, SEARCH_ROWS = range(7)

# A little more than one, for the rounding of a mean and of a standard deviation.
MARGIN = 1.001


@pixel_function
def find_medians(samples, nvalues, width, counts, medians):
    """Find the medians of the columns of samples.

    Parameters
    ----------
    samples : (nvalues + SEARCH_ROWS, ...) float32 array
        The samples, and scratch memory. Put in another order; NaN is replaced with infinity.
    nvalues, width : int
        The length of the samples, and the columns to use.
    counts, medians : (width,) float64 arrays
        Filled: the number of values that are not NaN, and their median; NaN where there is none.
    """
    count_known(samples, nvalues, width, counts)
    search = samples[nvalues:]
    if nvalues > SHORT and enclose(samples, nvalues, width, counts, search):
        while halve(samples, nvalues, width, counts, search):
            pass
        take_medians(samples, nvalues, width, counts, search, medians)
        return
    sort_known(samples, nvalues, width)
    for lane in range(width):
        medians[lane] = sorted_median(samples, lane, 0, int(counts[lane]))


@pixel_function
def lower_half(count):
    """The rank of the median, from 1; of the lower of the two values in the middle, where their number is even."""
    return (int(count) + 1) // 2


@pixel_function
def enclose(samples, nvalues, width, counts, search):
    """Lay the first intervals; return whether each holds the median of its column."""
    total, squares = search[VALUE], search[UP_TO_VALUE]
    for lane in range(width):
        total[lane], squares[lane] = np.float32(0), np.float32(0)
    for place in range(nvalues):
        values = samples[place]
        for lane in range(width):
            total[lane] += values[lane] if values[lane] <= LARGEST else np.float32(0)
    for lane in range(width):
        total[lane] /= np.float32(max(counts[lane], 1.0))
    for place in range(nvalues):
        values = samples[place]
        for lane in range(width):
            residual = values[lane] - total[lane]
            squares[lane] += residual * residual if values[lane] <= LARGEST else np.float32(0)
    for lane in range(width):
        reach = MARGIN * math.sqrt(squares[lane] / max(counts[lane], 1.0)) + abs(total[lane]) * 1e-6
        search[LOWER, lane], search[UPPER, lane] = total[lane] - reach, total[lane] + reach
    count_up_to(samples, nvalues, width, search[LOWER], search[UP_TO_LOWER])
    count_up_to(samples, nvalues, width, search[UPPER], search[UP_TO_UPPER])
    enclosed = True
    for lane in range(width):
        wanted = lower_half(counts[lane])
        enclosed &= search[UP_TO_LOWER, lane] < wanted and wanted <= search[UP_TO_UPPER, lane]
        enclosed &= -LARGEST <= search[LOWER, lane] and search[UPPER, lane] <= LARGEST
    return enclosed


@pixel_function
def count_up_to(samples, nvalues, width, limits, found):
    """Count the values of each column that are not greater than its limit, four rows at a time."""
    for lane in range(width):
        found[lane] = np.float32(0)
    together = nvalues // 4 * 4
    for place in range(0, together, 4):
        first, second, third, fourth = samples[place], samples[place + 1], samples[place + 2], samples[place + 3]
        for lane in range(width):
            limit = limits[lane]
            two = one_if(first[lane] <= limit) + one_if(second[lane] <= limit)
            found[lane] += two + one_if(third[lane] <= limit) + one_if(fourth[lane] <= limit)
    for place in range(together, nvalues):
        values = samples[place]
        for lane in range(width):
            found[lane] += one_if(values[lane] <= limits[lane])


@pixel_function(inline=True)
def one_if(condition):
    """One or zero, float32."""
    return np.float32(1) if condition else np.float32(0)


@pixel_function
def halve(samples, nvalues, width, counts, search):
    """Halve the intervals that hold more than one value; return whether any does."""
    is_open = False
    for lane in range(width):
        lower, upper = search[LOWER, lane], search[UPPER, lane]
        middle = np.float32(0.5 * (np.float64(lower) + np.float64(upper)))
        is_wide = search[UP_TO_UPPER, lane] - search[UP_TO_LOWER, lane] > 1 and lower < middle and middle < upper
        search[VALUE, lane] = middle if is_wide else upper
        is_open |= is_wide
    if not is_open:
        return False
    count_up_to(samples, nvalues, width, search[VALUE], search[UP_TO_VALUE])
    for lane in range(width):
        below = search[UP_TO_VALUE, lane] < lower_half(counts[lane])
        search[LOWER, lane] = search[VALUE, lane] if below else search[LOWER, lane]
        search[UP_TO_LOWER, lane] = search[UP_TO_VALUE, lane] if below else search[UP_TO_LOWER, lane]
        search[UPPER, lane] = search[UPPER, lane] if below else search[VALUE, lane]
        search[UP_TO_UPPER, lane] = search[UP_TO_UPPER, lane] if below else search[UP_TO_VALUE, lane]
    return True


@pixel_function
def take_medians(samples, nvalues, width, counts, search, medians):
    """Take the one value that each interval holds, and the next larger one where the number of values is even."""
    find_next(samples, nvalues, width, search[LOWER], search[VALUE])
    find_next(samples, nvalues, width, search[VALUE], search[UPPER])
    for lane in range(width):
        upper = search[VALUE, lane]
        if int(counts[lane]) % 2 == 0 and search[UP_TO_UPPER, lane] == lower_half(counts[lane]):
            upper = search[UPPER, lane]
        middle = 0.5 * (np.float64(search[VALUE, lane]) + np.float64(upper))
        medians[lane] = middle if counts[lane] > 0 else math.nan


@pixel_function
def find_next(samples, nvalues, width, limits, found):
    """Find the smallest value of each column that is greater than its limit; infinity where there is none."""
    for lane in range(width):
        found[lane] = np.float32(math.inf)
    for place in range(nvalues):
        values = samples[place]
        for lane in range(width):
            value = values[lane] if values[lane] > limits[lane] else np.float32(math.inf)
            found[lane] = min(found[lane], value)
