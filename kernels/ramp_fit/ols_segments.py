"""Straight-line fit of one segment of a ramp, and the variances of its slope.

The weights follow the signal-to-noise ratio S of the segment: that of group i of n is
``|2 i / (n - 1) - 1| ** P / R**2``, with R the read noise in electrons and P growing with S.
Since they are even about the segment's middle, the slope needs only the differences between groups at
equal distance from it.

Source: D. J. Fixsen et al. 2000, PASP 112, 1350; the stcal documentation,
https://stcal.readthedocs.io/en/latest/stcal/ramp_fitting/description.html.
"""

import math

import numpy as np

from gpucal.backend import pixel_function
from gpucal.kernels.ramp_fit.ols_ramps import ONE_GROUP, ZERO_FRAME


@pixel_function
def noise_in_electrons(read_noise, gain, nframes):
    """Read noise of a group of averaged frames, electrons; from that of a difference of two frames, DN."""
    # Rounded to float32 as the peer does: S is compared with exact limits.
    return np.float64(np.float32(read_noise * (gain / math.sqrt(2.0 * nframes))))


@pixel_function
def weighting(first, last, noise, gain):
    """The weighting, 0 to 5, that the signal-to-noise ratio of a segment calls for, from its end signals."""
    signal = (last - first) * gain
    variance = noise * noise + signal
    ratio = 0.0 if variance <= 0 or gain == 0 else signal / math.sqrt(variance)
    low = 0 if ratio < 5 else 1 if ratio < 10 else 2
    high = 3 if ratio < 50 else 4 if ratio < 100 else 5
    return low if ratio < 20 else high


@pixel_function
def weight(distance, index):
    """Weight of a group at a distance from the middle (1 at the ends), in one of the six weightings."""
    if index == 0:
        return 1.0
    if index == 1:
        return distance**0.4
    if index == 2:
        return distance
    cube = distance * distance * distance
    if index == 3:
        return cube
    if index == 4:
        return cube * cube
    return cube * cube * cube * distance


@pixel_function
def fitted_signal(data, zeroframe, group, y, x, reading):
    """The signal of a group of a segment, float64."""
    if reading == ZERO_FRAME and group == 0:
        return np.float64(zeroframe[y, x])
    return np.float64(data[group, y, x])


@pixel_function
def filled(signal):
    """The signal, or zero in place of NaN."""
    return 0.0 if math.isnan(signal) else signal


@pixel_function
def weighted_sums(data, zeroframe, start, stop, y, x, noise, gain, reading):
    """Sums over a segment of three or more groups, at distances u from its middle in groups.

    Returns
    -------
    tuple of float
        The sums of w, w u**2, w y and w u y.
    """
    first = fitted_signal(data, zeroframe, start, y, x, reading)
    last = fitted_signal(data, zeroframe, stop - 1, y, x, reading)
    index = weighting(first, last, noise, gain)
    half = 0.5 * (stop - start - 1)
    to_ends = 1.0 / half
    scale = 1.0 / (noise * noise)
    w = wuu = wy = wuy = 0.0
    for step in range((stop - start) // 2):
        early = filled(fitted_signal(data, zeroframe, start + step, y, x, reading))
        late = filled(fitted_signal(data, zeroframe, stop - 1 - step, y, x, reading))
        u = half - step
        one = scale * weight(u * to_ends, index)
        w += 2.0 * one
        wuu += 2.0 * one * u * u
        wy += one * (early + late)
        wuy += one * u * (late - early)
    if (stop - start) % 2 == 1:
        one = scale * weight(0.0, index)
        w += one
        wy += one * filled(fitted_signal(data, zeroframe, (start + stop) // 2, y, x, reading))
    return w, wuu, wy, wuy


@pixel_function
def single_time(reading, readout):
    """The time over which the signal of a segment of one group built up, seconds."""
    if reading == ONE_GROUP:
        return readout.one_group_time
    if reading == ZERO_FRAME:
        return readout.frame_time
    return readout.group_time


@pixel_function
def segment_slope(data, zeroframe, start, stop, y, x, noise, gain, reading, readout):
    """Slope of a segment, DN/s."""
    if stop - start > 2:
        _, wuu, _, wuy = weighted_sums(data, zeroframe, start, stop, y, x, noise, gain, reading)
        return wuy / wuu / readout.group_time
    first = fitted_signal(data, zeroframe, start, y, x, reading)
    if stop - start == 1:
        return first / single_time(reading, readout)
    second = fitted_signal(data, zeroframe, start + 1, y, x, reading)
    return (second - first) / readout.group_time


@pixel_function
def poisson_variance(length, current, gain, reading, readout):
    """Variance of a slope due to photons and dark current, (DN/s)**2: current / (t g (n - 1)).

    ``current`` is the rate of both together, DN/s. A segment of one group counts as two.
    """
    if length == 1:
        return current / (single_time(reading, readout) * gain)
    return current / (readout.group_time * gain * (length - 1.0))


@pixel_function
def read_variance(length, noise, gain, reading, readout):
    """Variance of a slope due to read noise, (DN/s)**2: 12 R**2 / ((n**3 - n) t**2 g**2).

    A segment of one group counts as two. Longer segments of pixels without a gain have none.
    """
    if length > 2 and not gain > 0:
        return 0.0
    time = single_time(reading, readout) if length == 1 else readout.group_time
    n = max(length, 2)
    rate = noise / time
    return 12.0 * rate * rate / ((n * n * n - n) * gain * gain)
