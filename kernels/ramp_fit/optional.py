"""The optional results of ramp fitting: the line fitted to each segment, pedestals, cosmic ray magnitudes.

Source: the ``ramp_fitting`` algorithm of the stcal documentation,
https://stcal.readthedocs.io/en/latest/stcal/ramp_fitting/description.html.
"""

import math
from typing import NamedTuple

import numpy as np

from gpucal.backend import array_namespace, pixel_function, pixel_kernel
from gpucal.backend.fit import check_fit
from gpucal.kernels.flags.dqflags import JUMP_DET
from gpucal.kernels.ramp_fit.inputs import groups_of
from gpucal.kernels.ramp_fit.ols import capped_inverse
from gpucal.kernels.ramp_fit.ols_median_rate import currents_of
from gpucal.kernels.ramp_fit.ols_ramps import (
    AS_FLAGGED,
    group_signal,
    next_run,
    next_segment,
    shortest_segment,
    survey_ramp,
)
from gpucal.kernels.ramp_fit.ols_segments import (
    fitted_signal,
    noise_in_electrons,
    poisson_variance,
    read_variance,
    segment_slope,
    weighted_sums,
)

# The planes of the results.
SLOPE, SIGSLOPE, VAR_POISSON, VAR_RNOISE, YINT, SIGYINT, WEIGHTS = range(7)


class OptionalResults(NamedTuple):
    """The fit of each segment; zero where a ramp has fewer of them than the array.

    Attributes
    ----------
    slope : (nints, nsegments, ny, nx) float32 array
        Slope, DN/s.
    sigslope : (nints, nsegments, ny, nx) float32 array
        Uncertainty of the slope from the weights alone; not defined for one group.
    var_poisson, var_rnoise : (nints, nsegments, ny, nx) float32 array
        Variances of the slope, (DN/s)**2.
    yint, sigyint : (nints, nsegments, ny, nx) float32 array
        Value of the line at group number zero, DN, and its uncertainty.
    pedestal : (nints, ny, nx) float32 array
        Signal at zero exposure time.
    weights : (nints, nsegments, ny, nx) float32 array
        Inverse of ``var_rnoise``.
    crmag : (nints, njumps, ny, nx) float32 array
        Rise of the signal into each group flagged JUMP_DET, DN, in the order of the groups.
    """

    slope: np.ndarray
    sigslope: np.ndarray
    var_poisson: np.ndarray
    var_rnoise: np.ndarray
    yint: np.ndarray
    sigyint: np.ndarray
    pedestal: np.ndarray
    weights: np.ndarray
    crmag: np.ndarray


class Pixel(NamedTuple):
    """A pixel: where it is, its read noise in electrons, its gain, and the rate that makes its Poisson noise, DN/s."""

    y: int
    x: int
    noise: float
    gain: float
    current: float


def fit_segments(ramps, slopes, pedestal_groups):
    """Fit every segment of an exposure once more, and keep what `gpucal.kernels.ramp_fit.ols.fit_ramps` does not.

    Parameters
    ----------
    ramps : Ramps
        The ramps.
    slopes : (nints, ny, nx) float32 array
        The slope of each integration; NaN where it has none.
    pedestal_groups : float
        Time from the reset to the middle of the first group, in units of the time between groups.

    Returns
    -------
    OptionalResults
        As many segments and jumps as the ramp has that has most of them.
    """
    nints, _, ny, nx = ramps.data.shape
    check_fit(slopes=(slopes, (nints, ny, nx)))
    ramps = ramps.complete()
    data, groupdq, _, _, _, _, zeroframe, rules, groups = ramps
    xp = array_namespace(data)
    counts = xp.empty((2, nints, ny, nx), np.uint16)
    count_segments((nints, ny, nx), groupdq, zeroframe, rules, groups, counts)
    nsegments, njumps = int(counts[0].max()), int(counts[1].max())
    segments = xp.zeros((7, nints, nsegments, ny, nx), np.float32)
    pedestal = xp.empty((nints, ny, nx), np.float32)
    crmag = xp.zeros((nints, njumps, ny, nx), np.float32)
    currents = currents_of(ramps)
    fit_pixel_segments((ny, nx), ramps, currents, slopes, pedestal_groups, segments, pedestal)
    measure_jumps((nints, ny, nx), data, groupdq, zeroframe, groups, crmag)
    return OptionalResults(*segments[:WEIGHTS], pedestal, segments[WEIGHTS], crmag)


@pixel_kernel
def count_segments(integration, y, x, groupdq, zeroframe, rules, groups, counts):
    """Count the segments and the jumps of one ramp.

    Where a ramp has only segments of one group all are counted, although the first alone is fitted:
    the peer leaves room for them.
    """
    ramp_dq = groups_of(groupdq, integration, groups)
    ngroups = ramp_dq.shape[0]
    reading, _, _ = survey_ramp(ramp_dq, zeroframe[integration], y, x, rules)
    shortest = shortest_segment(ramp_dq, y, x, reading)
    segments = 0
    stop = 0 if shortest > 0 else ngroups
    while stop < ngroups:
        start, stop = next_run(ramp_dq, y, x, stop, reading)
        if stop - start >= max(shortest, 1):
            segments += 1
    jumps = 0
    for group in range(1, ngroups):
        if ramp_dq[group, y, x] & JUMP_DET:
            jumps += 1
    counts[0, integration, y, x] = segments
    counts[1, integration, y, x] = jumps


@pixel_kernel
def fit_pixel_segments(y, x, ramps, currents, slopes, pedestal_groups, segments, pedestal):
    """Fit the segments of one pixel, and extrapolate its slopes to the reset.

    The peer multiplies a slope per second by a time in groups to get the pedestal, and so does this. It is
    zero for ramps without a slope.
    """
    e_per_dn = np.float64(ramps.gain[y, x])
    noise = noise_in_electrons(np.float64(ramps.read_noise[y, x]), e_per_dn, ramps.readout.nframes)
    pixel = Pixel(y, x, noise, e_per_dn, currents[y, x])
    for integration in range(ramps.data.shape[0]):
        ramp = groups_of(ramps.data, integration, ramps.groups)
        ramp_dq = groups_of(ramps.groupdq, integration, ramps.groups)
        first_frames = ramps.zeroframe[integration]
        reading, _, _ = survey_ramp(ramp_dq, first_frames, y, x, ramps.rules)
        shortest = shortest_segment(ramp_dq, y, x, reading)
        weighted_slope = weight = 0.0
        number = stop = 0
        while stop < ramp_dq.shape[0]:
            start, stop = next_segment(ramp_dq, y, x, stop, shortest, reading)
            if start == stop:
                break
            own = segments[:, integration, number]
            slope, read = store_segment(ramp, first_frames, start, stop, pixel, reading, ramps.readout, own)
            weighted_slope += slope / read
            weight += 1.0 / read
            number += 1
        first = group_signal(ramp, ramp_dq, first_frames, 0, y, x, reading)
        value = first - weighted_slope * capped_inverse(weight) * pedestal_groups
        is_known = not math.isnan(value) and not math.isnan(slopes[integration, y, x])
        pedestal[integration, y, x] = value if is_known else 0.0


@pixel_function
def store_segment(data, zeroframe, start, stop, pixel, reading, readout, planes):
    """Fit one segment and store what is known of it; returns its slope and the read variance of that."""
    y, x, noise, gain, current = pixel
    slope = segment_slope(data, zeroframe, start, stop, y, x, noise, gain, reading, readout)
    read = read_variance(stop - start, noise, gain, reading, readout)
    poisson = poisson_variance(stop - start, current, gain, reading, readout)
    sigslope, yint, sigyint = line_at_origin(data, zeroframe, start, stop, y, x, noise, gain, reading)
    planes[SLOPE, y, x] = slope
    planes[SIGSLOPE, y, x] = sigslope
    planes[VAR_POISSON, y, x] = poisson
    planes[VAR_RNOISE, y, x] = read
    planes[YINT, y, x] = yint
    planes[SIGYINT, y, x] = sigyint
    planes[WEIGHTS, y, x] = 1.0 / read
    return slope, read


@pixel_function
def line_at_origin(data, zeroframe, start, stop, y, x, noise, gain, reading):
    """Uncertainty of a segment's slope, the line's value at group zero, and the uncertainty of that.

    All are zero for one group. Two groups have the read noise of their difference for both uncertainties.
    """
    if stop - start == 1:
        return 0.0, 0.0, 0.0
    if stop - start == 2:
        first = fitted_signal(data, zeroframe, start, y, x, reading)
        second = fitted_signal(data, zeroframe, start + 1, y, x, reading)
        uncertainty = math.sqrt(2.0) * noise
        return uncertainty, first - start * (second - first), uncertainty
    w, wuu, wy, wuy = weighted_sums(data, zeroframe, start, stop, y, x, noise, gain, reading)
    middle = 0.5 * (start + stop - 1)
    determinant = w * wuu
    yint = wy / w - wuy / wuu * middle
    return math.sqrt(w / determinant), yint, math.sqrt((wuu + w * middle * middle) / determinant)


@pixel_kernel
def measure_jumps(integration, y, x, data, groupdq, zeroframe, groups, crmag):
    """Measure the jumps of one ramp; NaN next to a saturated group."""
    ramp, ramp_dq = groups_of(data, integration, groups), groups_of(groupdq, integration, groups)
    first_frames = zeroframe[integration]
    number = 0
    for group in range(1, ramp.shape[0]):
        if ramp_dq[group, y, x] & JUMP_DET:
            before = group_signal(ramp, ramp_dq, first_frames, group - 1, y, x, AS_FLAGGED)
            after = group_signal(ramp, ramp_dq, first_frames, group, y, x, AS_FLAGGED)
            crmag[integration, number, y, x] = after - before
            number += 1
