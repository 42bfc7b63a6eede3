"""Jumps found by sigma clipping, for exposures of many integrations.

Source: the ``jump`` step of the JWST pipeline documentation,
https://stcal.readthedocs.io/en/latest/stcal/jump/description.html; the clipping is that of
`astropy.stats.sigma_clip` with its defaults.
"""

import math

import numpy as np

from gpucal.backend import array_namespace, pixel_function, pixel_kernel
from gpucal.kernels.dqflags import DO_NOT_USE, JUMP_DET
from gpucal.kernels.first_differences import (
    LANES,
    LARGEST,
    first_difference,
    keep_within,
    sample_blocks,
    sample_median,
    sample_strip,
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
    xp = array_namespace(ramp)
    _, ngroups, ny, nx = ramp.shape
    every = range(1, ngroups)
    lower, upper = (xp.empty((ny, nx), dtype=xp.float64) for _ in range(2))
    for groups in [range(group, group + 1) for group in every] if group_by_group else [every]:
        for first_row, nrows, samples in sample_blocks(ramp, groupdq, gain, groups):
            find_bounds((nrows, nx), first_row, threshold, samples, lower, upper)
        for group in groups:
            flag_outside((ramp.shape[0], ny, nx), group, ramp, groupdq, gain, lower, upper)
    for integration, group in np.argwhere(fully_flagged_groups(groupdq, JUMP_DET | DO_NOT_USE)):
        plane = groupdq[integration, group]
        plane[plane == JUMP_DET] = 0


@pixel_kernel
def find_bounds(row, x, first_row, threshold, samples, lower, upper):
    """Bounds of one pixel's sample."""
    y = first_row + row
    strip, lane = sample_strip(row, x, lower.shape[1]), x % LANES
    lower[y, x], upper[y, x] = clipping_bounds(samples, strip, lane, samples.shape[1], threshold)


@pixel_kernel
def flag_outside(integration, y, x, group, ramp, groupdq, gain, lower, upper):
    """Flag one difference that is outside of the bounds of its pixel."""
    difference = first_difference(ramp, groupdq, gain, integration, group, y, x)
    if math.isfinite(difference) and (difference < lower[y, x] or difference > upper[y, x]):
        groupdq[integration, group, y, x] |= JUMP_DET


@pixel_function
def clipping_bounds(samples, strip, lane, count, threshold):
    """Bounds outside of which the values of a sample are outliers; it uses up the sample."""
    lower, upper = -LARGEST, LARGEST
    kept = keep_within(samples, strip, lane, count, lower, upper)
    for _ in range(MAX_ROUNDS):
        if kept == 0:
            break
        count = kept
        reach = threshold * standard_deviation(samples, strip, lane, count)
        median = sample_median(samples, strip, lane, count)
        lower, upper = median - reach, median + reach
        kept = keep_within(samples, strip, lane, count, lower, upper)
        if kept == count:
            break
    return lower, upper


@pixel_function
def standard_deviation(samples, strip, lane, count):
    """Population standard deviation of the first values of a sample."""
    total = 0.0
    for place in range(count):
        total += np.float64(samples[strip, place, lane])
    mean = total / count
    squares = 0.0
    for place in range(count):
        residual = np.float64(samples[strip, place, lane]) - mean
        squares += residual * residual
    return math.sqrt(squares / count)
