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
    """Sort the columns of samples, (nvalues, ...), of which none holds NaN; ``width`` of them.

    Two successive steps, at a gap and at half of it, are done together where they compare among the same four rows.
    """
    merged = 1
    while merged < nvalues:
        gap = merged
        while gap > 1:
            exchange_at_two_gaps(samples, nvalues, merged, gap // 2, width)
            gap //= 4
        if gap == 1:
            exchange_at(samples, nvalues, 1 % merged, 1, 2, 2 * merged, width)
        merged *= 2


@pixel_function
def exchange_at_two_gaps(samples, nvalues, merged, gap, width):
    """Put rows two gaps apart in order, then rows one gap apart; runs of ``merged`` rows are in order already."""
    wide = 2 * gap
    for start in range(wide % merged, nvalues - wide, 2 * wide):
        if start // (2 * merged) == (start + wide) // (2 * merged):
            for place in range(start, min(start + gap, nvalues - wide)):
                first, second, third = samples[place], samples[place + gap], samples[place + wide]
                if place + wide + gap < nvalues:
                    exchange_four(first, second, third, samples[place + wide + gap], width)
                else:
                    exchange(first, third, width)
                    exchange(second, third, width)
    if wide < merged:
        exchange_at(samples, nvalues, gap, gap, 4 * gap, 2 * merged, width)


@pixel_function
def exchange_at(samples, nvalues, start, gap, step, size, width):
    """Put rows one gap apart in order, from ``start``, ``start + step``, ... on, within parts of ``size`` rows."""
    for begin in range(start, nvalues - gap, step):
        for place in range(begin, min(begin + gap, nvalues - gap)):
            if place // size == (place + gap) // size:
                exchange(samples[place], samples[place + gap], width)


@pixel_function
def exchange(lower, upper, width):
    """Put each two values of two rows in order."""
    for lane in range(width):
        first, second = lower[lane], upper[lane]
        lower[lane], upper[lane] = min(first, second), max(first, second)


@pixel_function
def exchange_four(first, second, third, fourth, width):
    """Put the first and the third row in order, the second and the fourth, and then the second and the third."""
    for lane in range(width):
        low, high = min(first[lane], third[lane]), max(first[lane], third[lane])
        lower, upper = min(second[lane], fourth[lane]), max(second[lane], fourth[lane])
        first[lane], fourth[lane] = low, upper
        second[lane], third[lane] = min(lower, high), max(lower, high)


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
