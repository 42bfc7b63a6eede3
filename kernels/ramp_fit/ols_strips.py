"""Ramps of a strip of neighbouring pixels, fitted side by side.

Most ramps of a strip have the same single segment: all groups, or those that remain where the first or the last
ones are of no use in any pixel. Their lines are fitted together, loop by loop over the strip; the other ramps
are marked, to be fitted one by one.
"""

import numpy as np

from gpucal.backend import pixel_function
from gpucal.kernels.flags.dqflags import GOOD, JUMP_DET, SATURATED
from gpucal.kernels.ramp_fit.ols_ramps import ALL_BUT_PERSISTENCE
from gpucal.kernels.ramp_fit.ols_segments import filled, weight, weighting

# The planes of scratch memory. Differences are the last, as many as there are.
(
    OTHERS, COUNT, CURRENT, NOISE, WEIGHTING, MOMENT, FITTED, READ, POISSON, RATE_SLOPE, RATE_READ, RATE_POISSON,
    NEVER, DIFFERENCES,
) = range(14)  # fmt: skip


@pixel_function
def fill_plane(scratch, number, value, strip):
    """Give all pixels of a strip one value in a plane of scratch memory."""
    for lane in range(strip.count):
        scratch[number, lane] = value


@pixel_function
def is_good_somewhere(groupdq, group, strip):
    """Whether any pixel of a strip has no flag in a group."""
    least = groupdq[group, strip.y, strip.first]
    for lane in range(strip.count):
        flags = groupdq[group, strip.y, strip.first + lane]
        least = flags if flags < least else least
    return least == GOOD


@pixel_function
def common_segment(groupdq, strip):
    """The groups from the first to the last that is good in any pixel, as (first, one after the last)."""
    start, stop = 0, groupdq.shape[0]
    while start < stop and not is_good_somewhere(groupdq, start, strip):
        start += 1
    while start < stop and not is_good_somewhere(groupdq, stop - 1, strip):
        stop -= 1
    return start, stop


@pixel_function
def mark_others(groupdq, start, stop, rules, strip, scratch):
    """Mark, in the plane OTHERS, the ramps whose only segment is not the common one.

    A ramp stays unmarked if the common segment has at least two groups, all of them good, if no group before or after
    it is good, and if nothing before it changes how the ramp is read: no jump into it, no saturated first group, and
    no jump in the first group that is to be ignored.
    """
    fill_plane(scratch, OTHERS, 0.0 if stop - start > 1 else 1.0, strip)
    for group in range(start, stop):
        for lane in range(strip.count):
            scratch[OTHERS, lane] += groupdq[group, strip.y, strip.first + lane] != GOOD
    for group in range(groupdq.shape[0] - stop + start):
        outside = group if group < start else group - start + stop
        for lane in range(strip.count):
            flags = groupdq[outside, strip.y, strip.first + lane]
            scratch[OTHERS, lane] += flags & ALL_BUT_PERSISTENCE == GOOD
    if start > 0:
        spoiling = SATURATED | JUMP_DET if rules.forget_first_jump else SATURATED
        for lane in range(strip.count):
            first = groupdq[0, strip.y, strip.first + lane]
            before = groupdq[start - 1, strip.y, strip.first + lane]
            scratch[OTHERS, lane] += first & spoiling != GOOD
            scratch[OTHERS, lane] += before & ALL_BUT_PERSISTENCE == JUMP_DET


@pixel_function
def fit_common_segment(data, start, stop, gain, group_time, strip, scratch):
    """Fit a line to the same groups of all pixels of a strip; write the slopes, DN/s, to the plane FITTED.

    The formula is that of `gpucal.kernels.ramp_fit.ols_segments.segment_slope`.
    """
    if stop - start == 2:
        for lane in range(strip.count):
            first = np.float64(data[start, strip.y, strip.first + lane])
            second = np.float64(data[start + 1, strip.y, strip.first + lane])
            scratch[FITTED, lane] = (second - first) / group_time
        return
    fill_weightings(data, start, stop, gain, strip, scratch)
    fill_plane(scratch, FITTED, 0.0, strip)
    fill_plane(scratch, MOMENT, 0.0, strip)
    half = 0.5 * (stop - start - 1)
    for step in range((stop - start) // 2):
        add_pair(data, start + step, stop - 1 - step, half - step, half, strip, scratch)
    for lane in range(strip.count):
        scratch[FITTED, lane] = scratch[FITTED, lane] / scratch[MOMENT, lane] / group_time


@pixel_function
def fill_weightings(data, start, stop, gain, strip, scratch):
    """Write the weightings of the common segment to the plane WEIGHTING."""
    for lane in range(strip.count):
        x = strip.first + lane
        first = np.float64(data[start, strip.y, x])
        last = np.float64(data[stop - 1, strip.y, x])
        e_per_dn = np.float64(gain[strip.y, x])
        scratch[WEIGHTING, lane] = weighting(first, last, scratch[NOISE, lane], e_per_dn)


@pixel_function
def add_pair(data, early, late, u, half, strip, scratch):
    """Add two groups, at a distance u from the middle, to the sums of w u y (plane FITTED) and w u**2 (MOMENT)."""
    distance = u * (1.0 / half)
    weights = (
        weight(distance, 0), weight(distance, 1), weight(distance, 2),
        weight(distance, 3), weight(distance, 4), weight(distance, 5),
    )  # fmt: skip
    for lane in range(strip.count):
        x = strip.first + lane
        below = filled(np.float64(data[early, strip.y, x]))
        above = filled(np.float64(data[late, strip.y, x]))
        noise = scratch[NOISE, lane]
        one = 1.0 / (noise * noise) * chosen(weights, scratch[WEIGHTING, lane])
        scratch[MOMENT, lane] += 2.0 * one * u * u
        scratch[FITTED, lane] += one * u * (above - below)


@pixel_function(inline=True)
def chosen(weights, index):
    """One of six weights, without a branch."""
    low = weights[0] if index < 1 else weights[1] if index < 2 else weights[2]
    high = weights[3] if index < 4 else weights[4] if index < 5 else weights[5]
    return low if index < 3 else high
