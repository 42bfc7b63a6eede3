"""Jumps of a ramp found as outliers among its first differences.

Source: Anderson & Gordon (2011), PASP 123, 1237, in the form of the ``jump`` step of the JWST pipeline
documentation, https://stcal.readthedocs.io/en/latest/stcal/jump/description.html.
"""

import math
from typing import NamedTuple

import numpy as np

from gpucal.backend import array_namespace, pixel_function, strip_kernel
from gpucal.backend.fit import check_fit
from gpucal.backend.strips import Scratch, in_a_row
from gpucal.kernels.flags.dqflags import JUMP_DET
from gpucal.kernels.ramps.first_differences import (
    Counts,
    ReadNoise,
    difference_noise,
    difference_variance,
    fill_samples,
    first_difference,
    number_of_differences,
)
from gpucal.kernels.statistics.sorted_samples import LARGEST, sort_samples, sorted_median

COUNT, SUSPECT = range(2)  # what is known of each pixel: how many differences it has, and whether one may be a jump
STATE_ROWS = 2


class RejectionThresholds(NamedTuple):
    """Jumps exceed this many times the expected noise, by the number of differences of the pixel.

    Attributes
    ----------
    normal : float
        For four differences or more.
    three_differences : float
        For three (four groups in one integration).
    two_differences : float
        For two (three groups in one integration).
    """

    normal: float
    three_differences: float
    two_differences: float


def flag_jumps_once(ramp, groupdq, gain, read_noise, nframes, threshold):
    """Flag, in place, every difference too far from the median difference of its pixel.

    Suited to pixels with many differences, whose median a few jumps do not move.

    Parameters
    ----------
    ramp : (nints, ngroups, ny, nx) float32 array
        Counts, DN.
    groupdq : (nints, ngroups, ny, nx) uint8 array
        Group flags; JUMP_DET is added to the later group of an outlying difference.
    gain : (ny, nx) float32 array
        Electrons per DN.
    read_noise : (ny, nx) float32 array
        Noise of the difference of two reads, DN.
    nframes : int
        Frames averaged into a group.
    threshold : float
        Largest distance from the median that is no jump, in units of the expected noise.

    Returns
    -------
    (ny, nx) float64 array
        The medians, electrons; NaN where there is no difference.
    """
    check_fit(
        ramp=(ramp, "nints ngroups ny nx"),
        groupdq=(groupdq, "nints ngroups ny nx"),
        gain=(gain, "ny nx"),
        read_noise=(read_noise, "ny nx"),
    )
    medians = array_namespace(ramp).empty(gain.shape, np.float64)
    counts, noise = Counts(*map(in_a_row, (ramp, groupdq, gain))), ReadNoise(in_a_row(read_noise), nframes)
    scratch = Scratch(number_of_differences(ramp), STATE_ROWS)
    flag_strip_once(counts.gain.shape, scratch, counts, noise, in_a_row(medians), threshold)
    return medians


@strip_kernel
def flag_strip_once(begin, end, samples, state, counts, read_noise, medians, threshold):
    """Flag the outliers of a strip of pixels about the medians of all their differences."""
    ramp, groupdq, gain = counts
    nints, ngroups, _ = ramp.shape
    nvalues = fill_samples(begin, end, samples, ramp, groupdq, gain, 1, ngroups)
    sort_samples(samples, nvalues, end - begin, state[COUNT])
    for lane in range(end - begin):
        x, count = begin + lane, int(state[COUNT, lane])
        medians[x] = median = sorted_median(samples, lane, 0, count)
        noise = difference_noise(median, read_noise.cds[x], gain[x], read_noise.nframes)
        if count == 0 or not farthest(samples, lane, count, median) / noise > threshold:
            continue
        for integration in range(nints):
            for group in range(1, ngroups):
                difference = first_difference(ramp, groupdq, gain, integration, group, x)
                if math.isfinite(difference) and abs(difference - median) / noise > threshold:
                    groupdq[integration, group, x] |= JUMP_DET


@pixel_function
def farthest(samples, lane, count, median):
    """The largest distance from the median in a sorted column of ``count`` values."""
    return max(median - np.float64(samples[0, lane]), np.float64(samples[count - 1, lane]) - median)


def flag_jumps_iteratively(ramp, groupdq, gain, read_noise, nframes, thresholds):
    """Flag, in place, the worst outlier among a pixel's differences until none is left.

    After each round the flagged difference no longer counts for the median and the noise. The median is
    that of the absolute differences: without the largest from four differences on, of all when there are
    three, and the smaller of two.

    Parameters
    ----------
    ramp : (nints, ngroups, ny, nx) float32 array
        Counts, DN.
    groupdq : (nints, ngroups, ny, nx) uint8 array
        Group flags; JUMP_DET is added to the later group of an outlying difference.
    gain : (ny, nx) float32 array
        Electrons per DN.
    read_noise : (ny, nx) float32 array
        Noise of the difference of two reads, DN.
    nframes : int
        Frames averaged into a group.
    thresholds : RejectionThresholds
        Largest distances from the median that are no jumps.

    Notes
    -----
    The differences of all integrations are one sample. In agreement with the pipeline, the median is
    rounded to float32 from the second round on, and differences at the same distance leave together.
    """
    check_fit(
        ramp=(ramp, "nints ngroups ny nx"),
        groupdq=(groupdq, "nints ngroups ny nx"),
        gain=(gain, "ny nx"),
        read_noise=(read_noise, "ny nx"),
    )
    counts, noise = Counts(*map(in_a_row, (ramp, groupdq, gain))), ReadNoise(in_a_row(read_noise), nframes)
    scratch = Scratch(number_of_differences(ramp), STATE_ROWS)
    flag_strip_iteratively(counts.gain.shape, scratch, counts, noise, thresholds)


@strip_kernel
def flag_strip_iteratively(begin, end, samples, state, counts, read_noise, thresholds):
    """Flag the outliers of a strip of pixels, the worst one of each first."""
    ramp, groupdq, gain = counts
    noise, nframes = read_noise
    nints, ngroups, _ = ramp.shape
    nvalues = fill_samples(begin, end, samples, ramp, groupdq, gain, 1, ngroups)
    for place in range(nvalues):
        values = samples[place]
        for lane in range(end - begin):
            values[lane] = abs(values[lane])
    sort_samples(samples, nvalues, end - begin, state[COUNT])
    find_suspects(samples, end - begin, state, gain[begin:end], noise[begin:end], nframes, thresholds.normal)
    for lane in range(end - begin):
        if not state[SUSPECT, lane]:
            continue
        x, count = begin + lane, int(state[COUNT, lane])
        first, last = range_without_outliers(samples, lane, count, noise[x], gain[x], nframes, thresholds)
        if last - first == count:
            continue
        lower_cut = cut_below(samples, lane, first, count)
        upper_cut = cut_below(samples, lane, last, count)
        for integration in range(nints):
            for group in range(1, ngroups):
                magnitude = abs(first_difference(ramp, groupdq, gain, integration, group, x))
                if magnitude < lower_cut or magnitude > upper_cut:
                    groupdq[integration, group, x] |= JUMP_DET


@pixel_function
def find_suspects(samples, width, state, gain, read_noise, nframes, threshold):
    """Tell the pixels of a strip for which the first round of `range_without_outliers` is the last, without a branch.

    Others are suspects, and so are those with fewer differences than others of the strip, or with several that are
    largest; of less than four, all.
    """
    count = largest_count(state[COUNT], width)
    counts, suspects = state[COUNT], state[SUSPECT]
    if count < 4:
        for lane in range(width):
            suspects[lane] = 1.0
        return
    below, above = samples[(count - 2) // 2], samples[(count - 1) // 2]
    lowest, second, highest = samples[0], samples[count - 2], samples[count - 1]
    for lane in range(width):
        median = 0.5 * (np.float64(below[lane]) + np.float64(above[lane]))
        noise = math.sqrt(difference_variance(median, read_noise[lane], gain[lane], nframes))
        worst = max(distance(lowest[lane], median), distance(highest[lane], median))
        is_suspect = (worst / noise > threshold) | (counts[lane] != count) | (second[lane] == highest[lane])
        suspects[lane] = 1.0 if is_suspect else 0.0


@pixel_function
def largest_count(counts, width):
    """The most values that a pixel of a strip has."""
    largest = 0.0
    for lane in range(width):
        largest = max(largest, counts[lane])
    return int(largest)


@pixel_function
def range_without_outliers(samples, lane, count, read_noise, gain, nframes, thresholds):
    """The part of a sorted sample that is left when no outlier is: the worst ones stand at its ends.

    Returns
    -------
    first, last : int
        Values ``first`` to ``last - 1`` are left.
    """
    normal, three, two = thresholds
    first, last = 0, count
    while last - first >= 2:
        threshold = two if last - first == 2 else (three if last - first == 3 else normal)
        median = clipped_median(samples, lane, first, last)
        if last - first < count:
            median = np.float64(np.float32(median))
        noise = difference_noise(median, read_noise, gain, nframes)
        lowest, highest = samples[first, lane], samples[last - 1, lane]
        worst = max(distance(lowest, median), distance(highest, median))
        if not worst / noise > threshold:
            break
        while first < last and distance(samples[first, lane], median) == worst:
            first += 1
        while first < last and distance(samples[last - 1, lane], median) == worst:
            last -= 1
    return first, last


@pixel_function
def clipped_median(samples, lane, first, last):
    """Median of the range of a sorted sample that is kept, in the sense of `flag_jumps_iteratively`."""
    if last - first == 2:
        return np.float64(samples[first, lane])
    if last - first == 3:
        return sorted_median(samples, lane, first, last)
    largest = samples[last - 1, lane]
    while last > first and samples[last - 1, lane] == largest:
        last -= 1
    return sorted_median(samples, lane, first, last)


@pixel_function
def distance(value, median):
    """Distance of a difference from the median, rounded to float32."""
    return np.float64(np.float32(abs(np.float64(value) - median)))


@pixel_function
def cut_below(samples, lane, first, count):
    """A value that parts a sorted sample ahead of its value number ``first``; infinite at the ends.

    Halfway between two different values, it tells them apart whatever the rounding of either, and infinite
    values from all others.
    """
    if first <= 0:
        return -math.inf
    if first >= count:
        return math.inf
    lower = np.float64(samples[first - 1, lane])
    return min(0.5 * (lower + np.float64(samples[first, lane])), LARGEST)
