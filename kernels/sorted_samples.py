"""Samples of many pixels sorted at once: a median is then one of their elements.

Source: the merge exchange sort of K. E. Batcher (1968), Sorting networks and their applications, AFIPS Spring Joint
Computer Conference 32, 307; as algorithm M in D. E. Knuth, The Art of Computer Programming 3, section 5.2.2.
Which elements it compares does not depend on the values: all pixels of a strip take the same steps.
"""

import math

import numpy as np

from gpucal.backend import pixel_function

LARGEST = float(np.finfo(np.float32).max)


@pixel_function
def sort_samples(samples, nvalues, width, counts):
    """Sort the columns of samples; NaN, replaced with infinity, goes last.

    Parameters
    ----------
    samples : (nvalues, ...) float32 array
        Sorted.
    nvalues, width : int
        The rows and columns to use.
    counts : (width,) float64 array
        Filled with the number of values that are not NaN.
    """
    count_known(samples, nvalues, width, counts)
    sort_known(samples, nvalues, width)


@pixel_function
def sort_known(samples, nvalues, width):
    """Sort the columns of samples, (nvalues, ...), of which none holds NaN; ``width`` of them."""
    merged = 1
    while merged < nvalues:
        gap = merged
        while gap > 0:
            for start in range(gap % merged, nvalues - gap, 2 * gap):
                for place in range(start, start + min(gap, nvalues - gap - start)):
                    if place // (2 * merged) == (place + gap) // (2 * merged):
                        exchange(samples[place], samples[place + gap], width)
            gap //= 2
        merged *= 2


@pixel_function
def exchange(lower, upper, width):
    """Put each two values of two rows in order."""
    for lane in range(width):
        first, second = lower[lane], upper[lane]
        lower[lane], upper[lane] = min(first, second), max(first, second)


@pixel_function
def count_known(samples, nvalues, width, counts):
    """Count the values of each column that are not NaN, and replace NaN with infinity."""
    for lane in range(width):
        counts[lane] = 0
    for place in range(nvalues):
        values = samples[place]
        for lane in range(width):
            value = values[lane]
            known = value == value
            counts[lane] += 1.0 if known else 0.0
            values[lane] = value if known else np.float32(math.inf)


@pixel_function
def sorted_median(samples, lane, first, last):
    """Median of the values ``first`` to ``last - 1`` of a sorted column, float64; NaN when there is none."""
    if last <= first:
        return math.nan
    middle = (first + last) // 2
    upper = np.float64(samples[middle, lane])
    if (last - first) % 2:
        return upper
    return 0.5 * (np.float64(samples[middle - 1, lane]) + upper)
