"""Bounds of sigma clipping, for the sorted samples of a strip of pixels.

Values too far from the median, in units of the standard deviation, are left out, round by round: until a round leaves
out none, or for so many rounds.

Source: `astropy.stats.sigma_clip` with its defaults,
https://docs.astropy.org/en/stable/api/astropy.stats.sigma_clip.html.
"""

import math

import numpy as np

from gpucal.backend import pixel_function
from gpucal.kernels.statistics.sorted_samples import LARGEST, sorted_median

# How many rounds astropy takes by default.
DEFAULT_ROUNDS = 5

# The rows of the state, for each pixel of a strip: how many values it has; the first and the last place, in the sorted
# sample, of those that are kept; their mean and sum of squares; and the bounds outside of which values are outliers.
COUNT, FIRST, LAST, MEAN, SQUARES, LOWER, UPPER, STATE_ROWS = range(8)


@pixel_function
def find_bounds(samples, nvalues, width, state, threshold, rounds):
    """Bounds outside of which the values of sorted samples are outliers: rows ``LOWER`` and ``UPPER`` of the state."""
    for lane in range(width):
        count = int(state[COUNT, lane])
        state[LOWER, lane], state[UPPER, lane] = -LARGEST, LARGEST
        state[FIRST, lane] = place_of(samples, lane, 0, count, -LARGEST, False)
        state[LAST, lane] = place_of(samples, lane, 0, count, LARGEST, True)
    for _ in range(rounds):
        sum_squares(samples, nvalues, width, state)
        if not tighten(samples, width, state, threshold):
            break


@pixel_function
def tighten(samples, width, state, threshold):
    """Find new bounds about the medians of what is kept, and keep what is within; return whether anything leaves."""
    changed = False
    for lane in range(width):
        first, last = int(state[FIRST, lane]), int(state[LAST, lane])
        if first >= last:
            continue
        reach = threshold * math.sqrt(state[SQUARES, lane] / (last - first))
        median = sorted_median(samples, lane, first, last)
        lower, upper = median - reach, median + reach
        state[LOWER, lane], state[UPPER, lane] = lower, upper
        state[FIRST, lane] = place_of(samples, lane, first, last, lower, False)
        state[LAST, lane] = place_of(samples, lane, first, last, upper, True)
        changed |= state[FIRST, lane] != first or state[LAST, lane] != last
    return changed


@pixel_function
def place_of(samples, lane, first, last, value, after_equals):
    """Where a value belongs among a range of a sorted column, before or after its equals."""
    while first < last:
        middle = (first + last) // 2
        here = np.float64(samples[middle, lane])
        if here < value or (after_equals and here == value):
            first = middle + 1
        else:
            last = middle
    return first


@pixel_function
def sum_squares(samples, nvalues, width, state):
    """Sums of the squared distances from the mean, of what is kept of each sample."""
    first, last, total, squares = state[FIRST], state[LAST], state[MEAN], state[SQUARES]
    for lane in range(width):
        total[lane], squares[lane] = 0.0, 0.0
    for place in range(nvalues):
        values = samples[place]
        for lane in range(width):
            kept = first[lane] <= place and place < last[lane]
            total[lane] += np.float64(values[lane]) if kept else 0.0
    for lane in range(width):
        total[lane] /= last[lane] - first[lane]
    for place in range(nvalues):
        values = samples[place]
        for lane in range(width):
            kept = first[lane] <= place and place < last[lane]
            residual = np.float64(values[lane]) - total[lane]
            squares[lane] += residual * residual if kept else 0.0
