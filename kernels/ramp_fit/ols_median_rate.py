"""The robust count rate of a pixel, from the median of the first differences of its ramps.

It decides only on the Poisson noise, for which the slope of a short segment would be too noisy.

Source: the ``ramp_fitting`` algorithm of the stcal documentation,
https://stcal.readthedocs.io/en/latest/stcal/ramp_fitting/description.html.
"""

import math

import numpy as np

from gpucal.backend import array_namespace, pixel_function, strip_kernel
from gpucal.backend.strips import Scratch, strip_at
from gpucal.kernels.flags.dqflags import JUMP_DET
from gpucal.kernels.ramp_fit.inputs import groups_of
from gpucal.kernels.ramp_fit.ols_ramps import (
    INVALID,
    ONE_GROUP,
    SUPPRESSED,
    ZERO_FRAME,
    group_signal,
    survey_ramp,
)
from gpucal.kernels.ramp_fit.ols_segments import filled
from gpucal.kernels.ramp_fit.ols_strips import (
    COUNT,
    CURRENT,
    DIFFERENCES,
    OTHERS,
    common_segment,
    fill_plane,
    mark_others,
)
from gpucal.kernels.statistics.sorted_samples import sort_known


@pixel_function
def fill_differences(data, groupdq, strip, scratch):
    """Write the first differences between usable groups, jumps left out, and infinity for the others.

    Their number is written to the plane COUNT.
    """
    fill_plane(scratch, COUNT, 0.0, strip)
    for group in range(1, data.shape[0]):
        for lane in range(strip.count):
            x = strip.first + lane
            signal = np.float64(data[group, strip.y, x])
            difference = signal - np.float64(data[group - 1, strip.y, x])
            flags = groupdq[group, strip.y, x]
            spoiling = flags & (INVALID | JUMP_DET) | groupdq[group - 1, strip.y, x] & INVALID
            is_usable = spoiling == 0 and not math.isnan(difference)
            scratch[DIFFERENCES + group - 1, lane] = difference if is_usable else math.inf
            scratch[COUNT, lane] += is_usable


@pixel_function(inline=True)
def median_of_sorted(scratch, count, lane):
    """Median of the sorted differences of a pixel, of which there is at least one."""
    return 0.5 * (scratch[DIFFERENCES + (count - 1) // 2, lane] + scratch[DIFFERENCES + count // 2, lane])


@pixel_function
def first_rate(data, groupdq, zeroframe, y, x, reading, readout):
    """The rate of a ramp from its first signal alone, DN/s; zero where that is of no use."""
    if reading == ONE_GROUP or reading == ZERO_FRAME:
        time = readout.one_group_time if reading == ONE_GROUP else readout.frame_time
        return filled(group_signal(data, groupdq, zeroframe, 0, y, x, reading) / time)
    if groupdq[0, y, x] & INVALID:
        return 0.0
    return filled(np.float64(data[0, y, x]) / readout.group_time)


@pixel_function
def unusual_rate(data, groupdq, zeroframe, y, x, readout, rules, scratch, lane):
    """The robust rate of a ramp that has flags or no differences, DN/s."""
    reading, _, _ = survey_ramp(groupdq, zeroframe, y, x, rules)
    if data.shape[0] == 1:
        return group_signal(data, groupdq, zeroframe, 0, y, x, reading) / readout.one_group_time
    if reading == SUPPRESSED:
        return 0.0
    count = int(scratch[COUNT, lane])
    if count == 0 or reading == ONE_GROUP or reading == ZERO_FRAME:
        return first_rate(data, groupdq, zeroframe, y, x, reading, readout)
    return filled(median_of_sorted(scratch, count, lane) / readout.group_time)


@pixel_function
def add_rates(data, groupdq, zeroframe, readout, rules, strip, scratch):
    """Add the robust rates of one integration, whose differences are sorted, to the plane CURRENT."""
    for lane in range(strip.count):
        count = int(scratch[COUNT, lane])
        if scratch[OTHERS, lane] == 0 and count > 0:
            rate = filled(median_of_sorted(scratch, count, lane) / readout.group_time)
        else:
            x = strip.first + lane
            rate = unusual_rate(data, groupdq, zeroframe, strip.y, x, readout, rules, scratch, lane)
        scratch[CURRENT, lane] += rate


@pixel_function
def fill_currents(ramps, strip, scratch):
    """Write the rates that make Poisson noise, DN/s, to the plane CURRENT.

    It is the mean rate over the integrations, where positive, and the dark current. Exposures of one group have
    no differences: the mean is that of the signals over the time of one group, NaN where any is saturated.
    """
    nints = ramps.data.shape[0]
    fill_plane(scratch, CURRENT, 0.0, strip)
    for integration in range(nints):
        ramp = groups_of(ramps.data, integration, ramps.groups)
        ramp_dq = groups_of(ramps.groupdq, integration, ramps.groups)
        fill_differences(ramp, ramp_dq, strip, scratch)
        sort_known(scratch[DIFFERENCES:], ramp.shape[0] - 1, strip.count)
        start, stop = common_segment(ramp_dq, strip)
        mark_others(ramp_dq, start, stop, ramps.rules, strip, scratch)
        add_rates(ramp, ramp_dq, ramps.zeroframe[integration], ramps.readout, ramps.rules, strip, scratch)
    for lane in range(strip.count):
        x = strip.first + lane
        dark = np.float64(ramps.dark_current[strip.y, x])
        source = scratch[CURRENT, lane] / nints
        scratch[CURRENT, lane] = source + dark if source > 0 else dark


def currents_of(ramps):
    """The rate of each pixel that makes Poisson noise.

    Parameters
    ----------
    ramps : Ramps
        The ramps, completed.

    Returns
    -------
    (ny, nx) float64 array
        DN/s.
    """
    ramps.check()
    _, _, ny, nx = ramps.data.shape
    currents = array_namespace(ramps.data).empty((ny, nx))
    store_currents((ny, nx), Scratch(state=DIFFERENCES + ramps.ngroups - 1), ramps, currents)
    return currents


@strip_kernel
def store_currents(y, begin, end, _samples, scratch, ramps, currents):
    """Write the rates of a strip of pixels."""
    strip = strip_at(y, begin, end)
    fill_currents(ramps, strip, scratch)
    for lane in range(strip.count):
        currents[strip.y, strip.first + lane] = scratch[CURRENT, lane]
