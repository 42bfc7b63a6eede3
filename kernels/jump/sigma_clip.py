"""Jumps found by sigma clipping, for exposures of many integrations.

Source: the ``jump`` step of the JWST pipeline documentation,
https://stcal.readthedocs.io/en/latest/stcal/jump/description.html; the clipping is that of
`astropy.stats.sigma_clip` with its defaults.
"""

import math

import numpy as np

from gpucal.backend import pixel_function, strip_kernel
from gpucal.backend.strips import Scratch
from gpucal.kernels.flags.dqflags import DO_NOT_USE, JUMP_DET
from gpucal.kernels.flags.group_flags import fully_flagged_groups
from gpucal.kernels.ramps.first_differences import fill_samples, in_a_row
from gpucal.kernels.statistics.sorted_samples import LARGEST, sort_samples, sorted_median

MAX_ROUNDS = 5

# What is known of each pixel of a strip: how many values it has, the places in order of those that are kept, their mean
# and sum of squares, and the bounds outside of which values are outliers.
COUNT, FIRST, LAST, MEAN, SQUARES, LOWER, UPPER, STATE_ROWS = range(8)


def flag_jumps_by_clipping(ramp, groupdq, gain, threshold, group_by_group):
    """Flag, in place, the differences that sigma clipping rejects.

    The sample of a pixel is clipped about its median in units of its standard deviation, until nothing
    more leaves or for five rounds. A group in which every pixel would then be JUMP_DET or DO_NOT_USE
    tells of the exposure rather than of cosmic rays: its pixels that carry JUMP_DET alone are cleared.

    Parameters
    ----------
    ramp : (nints, ngroups, ny, nx) float32 array
        Counts, DN.
    groupdq : (nints, ngroups, ny, nx) uint8 array
        Group flags; JUMP_DET is added to the later group of an outlying difference.
    gain : (ny, nx) float32 array
        Electrons per DN.
    threshold : float
        Largest distance from the median that is no jump, in standard deviations.
    group_by_group : bool
        Whether a sample holds one group of all integrations, rather than all groups of all.
    """
    nints, ngroups = ramp.shape[:2]
    factor = in_a_row(gain)
    span = 1 if group_by_group else ngroups - 1
    scratch = Scratch(nints * span, STATE_ROWS)
    grid = (ngroups - 1) // span, factor.size
    flag_strip_by_clipping(grid, scratch, in_a_row(ramp), in_a_row(groupdq), factor, span, threshold)
    for integration, group in np.argwhere(fully_flagged_groups(groupdq, JUMP_DET | DO_NOT_USE)):
        plane = groupdq[integration, group]
        plane[plane == JUMP_DET] = 0


@strip_kernel
def flag_strip_by_clipping(sample, begin, end, samples, state, ramp, groupdq, gain, span, threshold):
    """Flag the differences of ``span`` groups that are outside of the bounds of their pixels."""
    first_group = 1 + sample * span
    groups = first_group, first_group + span
    nvalues = fill_samples(begin, end, samples, ramp, groupdq, gain, *groups)
    sort_samples(samples, nvalues, end - begin, state[COUNT])
    find_bounds(samples, nvalues, end - begin, state, threshold)
    fill_samples(begin, end, samples, ramp, groupdq, gain, *groups)
    lower, upper = state[LOWER], state[UPPER]
    place = 0
    for integration in range(ramp.shape[0]):
        for group in range(*groups):
            differences, flags = samples[place], groupdq[integration, group, begin:end]
            for lane in range(end - begin):
                difference = differences[lane]
                outside = difference < lower[lane] or difference > upper[lane]
                flags[lane] |= JUMP_DET if outside and abs(difference) <= LARGEST else 0
            place += 1


@pixel_function
def find_bounds(samples, nvalues, width, state, threshold):
    """Bounds outside of which the values of sorted samples are outliers: rows ``LOWER`` and ``UPPER`` of the state."""
    for lane in range(width):
        count = int(state[COUNT, lane])
        state[LOWER, lane], state[UPPER, lane] = -LARGEST, LARGEST
        state[FIRST, lane] = place_of(samples, lane, 0, count, -LARGEST, False)
        state[LAST, lane] = place_of(samples, lane, 0, count, LARGEST, True)
    for _ in range(MAX_ROUNDS):
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
