"""The robust count rate of a pixel, from the median of the first differences of its ramps.

It decides only on the Poisson noise, for which the slope of a short segment would be too noisy.

Source: the ``ramp_fitting`` algorithm of the stcal documentation,
https://stcal.readthedocs.io/en/latest/stcal/ramp_fitting/description.html. The median is found without
sorting or storing anything, after T. Mogensen's method (N. Devillard, "Fast median search", 1998).
"""

import math

import numpy as np

from gpucal.backend import pixel_function
from gpucal.kernels.dqflags import JUMP_DET
from gpucal.kernels.ols_ramps import (
    ALL_GOOD,
    INVALID,
    ONE_GROUP,
    SUPPRESSED,
    ZERO_FRAME,
    group_signal,
    survey_ramp,
)


@pixel_function
def usable_signal(data, groupdq, integration, group, y, x, reading):
    """The signal of a group, float64; NaN where it is DO_NOT_USE or saturated."""
    if reading != ALL_GOOD and groupdq[integration, group, y, x] & INVALID:
        return np.nan
    return np.float64(data[integration, group, y, x])


@pixel_function
def jumps_into(groupdq, integration, group, y, x, reading):
    """Whether a jump makes the difference between a group and the one before it useless."""
    return reading != ALL_GOOD and groupdq[integration, group, y, x] & JUMP_DET != 0


@pixel_function(inline=True)
def difference_range(data, groupdq, integration, y, x, reading):
    """Number, least and greatest of the first differences between usable groups, jumps left out."""
    count = 0
    low = np.inf
    high = -np.inf
    previous = usable_signal(data, groupdq, integration, 0, y, x, reading)
    for group in range(1, data.shape[1]):
        signal = usable_signal(data, groupdq, integration, group, y, x, reading)
        difference = np.nan if jumps_into(groupdq, integration, group, y, x, reading) else signal - previous
        previous = signal
        count += difference == difference  # NaN is not
        low = difference if difference < low else low
        high = difference if difference > high else high
    return count, low, high


@pixel_function(inline=True)
def split_differences(data, groupdq, integration, y, x, reading, guess):
    """Number of differences that do not exceed a guess, the greatest of them, and the least of the others."""
    count = 0
    below = -np.inf
    above = np.inf
    previous = usable_signal(data, groupdq, integration, 0, y, x, reading)
    for group in range(1, data.shape[1]):
        signal = usable_signal(data, groupdq, integration, group, y, x, reading)
        difference = np.nan if jumps_into(groupdq, integration, group, y, x, reading) else signal - previous
        previous = signal
        count += difference <= guess
        below = difference if below < difference <= guess else below
        above = difference if guess < difference < above else above
    return count, below, above


@pixel_function(inline=True)
def median_difference(data, groupdq, integration, y, x, reading):
    """Median of a ramp's first differences; the first signal where it has none; NaN without that."""
    count, low, high = difference_range(data, groupdq, integration, y, x, reading)
    if count == 0:
        return usable_signal(data, groupdq, integration, 0, y, x, reading)
    half = count // 2
    is_odd = count % 2 == 1
    # The middle lies in [low, high]; each pass moves one of the bounds to an element inside.
    while low < high:
        guess = low + 0.5 * (high - low)
        if not guess < high:
            guess = low
        at_or_below, below, above = split_differences(data, groupdq, integration, y, x, reading, guess)
        if at_or_below == half:
            return above if is_odd else 0.5 * (below + above)
        if at_or_below == half + 1 and is_odd:
            return below
        if at_or_below < half:
            low = above
        else:
            high = below
    return low


@pixel_function(inline=True)
def integration_rate(data, groupdq, zeroframe, integration, y, x, reading, readout):
    """The robust rate of one ramp, DN/s; zero where it has none."""
    if reading == SUPPRESSED:
        return 0.0
    if reading == ONE_GROUP or reading == ZERO_FRAME:
        time = readout.one_group_time if reading == ONE_GROUP else readout.frame_time
        rate = group_signal(data, groupdq, zeroframe, integration, 0, y, x, reading) / time
    else:
        rate = median_difference(data, groupdq, integration, y, x, reading) / readout.group_time
    return 0.0 if math.isnan(rate) else rate


@pixel_function(inline=True)
def median_rate(data, groupdq, zeroframe, y, x, readout, rules):
    """The robust rate of a pixel, DN/s: the mean of those of its integrations.

    Exposures of one group have no differences: the mean signal over the time of one group, NaN where
    any of them is saturated.
    """
    nints, ngroups = data.shape[:2]
    total = 0.0
    for integration in range(nints):
        reading, _, _ = survey_ramp(groupdq, zeroframe, integration, y, x, rules)
        if ngroups == 1:
            signal = group_signal(data, groupdq, zeroframe, integration, 0, y, x, reading)
            total += signal / readout.one_group_time
        else:
            total += integration_rate(data, groupdq, zeroframe, integration, y, x, reading, readout)
    return total / nints
