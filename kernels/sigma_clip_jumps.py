"""Jumps found by sigma clipping, for exposures of many integrations.

Source: the ``jump`` step of the JWST pipeline documentation,
https://stcal.readthedocs.io/en/latest/stcal/jump/description.html; the clipping is that of
`astropy.stats.sigma_clip` with its defaults.
"""

import math

import numpy as np

from gpucal.backend import pixel_function, pixel_kernel
from gpucal.kernels.dqflags import DO_NOT_USE, JUMP_DET
from gpucal.kernels.first_differences import (
    LANES,
    first_difference,
    gather_sample,
    sample_blocks,
    sample_strip,
    sorted_median,
)
from gpucal.kernels.group_flags import fully_flagged_groups

MAX_ROUNDS = 5


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
    nints, ngroups, _, nx = ramp.shape
    groups_at_once = 1 if group_by_group else ngroups - 1
    for first_row, nrows, sample in sample_blocks(ramp, nints * groups_at_once):
        clip_pixel((nrows, nx), first_row, ramp, groupdq, gain, threshold, groups_at_once, sample)
    for integration, group in np.argwhere(fully_flagged_groups(groupdq, JUMP_DET | DO_NOT_USE)):
        plane = groupdq[integration, group]
        plane[plane == JUMP_DET] = 0


@pixel_kernel
def clip_pixel(row, x, first_row, ramp, groupdq, gain, threshold, groups_at_once, sample):
    """Flag the outliers of one pixel, in one sample after the other."""
    y = first_row + row
    nints, ngroups, _, nx = ramp.shape
    strip, lane = sample_strip(row, x, nx), x % LANES
    for start in range(1, ngroups, groups_at_once):
        stop = start + groups_at_once
        count = gather_sample(ramp, groupdq, gain, y, x, start, stop, False, sample, strip, lane)
        lower, upper = clipping_bounds(sample, strip, lane, count, threshold)
        for integration in range(nints):
            for group in range(start, stop):
                difference = first_difference(ramp, groupdq, gain, integration, group, y, x)
                if math.isfinite(difference) and (difference < lower or difference > upper):
                    groupdq[integration, group, y, x] |= JUMP_DET


@pixel_function
def clipping_bounds(sample, strip, lane, count, threshold):
    """Bounds outside of which the values of a sorted sample are outliers."""
    first, last = 0, count
    while first < last and math.isinf(sample[strip, first, lane]):
        first += 1
    while first < last and math.isinf(sample[strip, last - 1, lane]):
        last -= 1
    lower, upper = -math.inf, math.inf
    for _ in range(MAX_ROUNDS):
        if first == last:
            break
        reach = threshold * standard_deviation(sample, strip, lane, first, last)
        median = sorted_median(sample, strip, lane, first, last)
        lower, upper = median - reach, median + reach
        kept = last - first
        while first < last and sample[strip, first, lane] < lower:
            first += 1
        while first < last and sample[strip, last - 1, lane] > upper:
            last -= 1
        if last - first == kept:
            break
    return lower, upper


@pixel_function
def standard_deviation(sample, strip, lane, first, last):
    """Population standard deviation of a range of a sample."""
    total = 0.0
    for place in range(first, last):
        total += np.float64(sample[strip, place, lane])
    mean = total / (last - first)
    squares = 0.0
    for place in range(first, last):
        residual = np.float64(sample[strip, place, lane]) - mean
        squares += residual * residual
    return math.sqrt(squares / (last - first))
