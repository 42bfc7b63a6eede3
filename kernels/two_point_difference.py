"""Jumps of a ramp found as outliers among its first differences.

Source: Anderson & Gordon (2011), PASP 123, 1237, in the form of the ``jump`` step of the JWST pipeline
documentation, https://stcal.readthedocs.io/en/latest/stcal/jump/description.html.
"""

import math
from typing import NamedTuple

import numpy as np

from gpucal.backend import pixel_function, pixel_kernel
from gpucal.kernels.dqflags import JUMP_DET
from gpucal.kernels.first_differences import (
    LANES,
    LARGEST,
    difference_noise,
    first_difference,
    keep_within,
    median_difference,
    sample_blocks,
    sample_strip,
)


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
    """
    nx = ramp.shape[3]
    for first_row, nrows, samples in sample_blocks(ramp, groupdq, gain):
        flag_pixel_once((nrows, nx), first_row, ramp, groupdq, gain, read_noise, nframes, threshold, samples)


@pixel_kernel
def flag_pixel_once(row, x, first_row, ramp, groupdq, gain, read_noise, nframes, threshold, samples):
    """Flag the outliers of one pixel about the median of all its differences."""
    y = first_row + row
    nints, ngroups, _, nx = ramp.shape
    strip, lane = sample_strip(row, x, nx), x % LANES
    lowest, highest = sample_range(samples, strip, lane)
    if cannot_hold_jump(lowest, highest, read_noise[y, x], gain[y, x], nframes, threshold):
        return
    median = median_difference(samples, strip, lane)
    noise = difference_noise(median, read_noise[y, x], gain[y, x], nframes)
    for integration in range(nints):
        for group in range(1, ngroups):
            difference = first_difference(ramp, groupdq, gain, integration, group, y, x)
            if math.isfinite(difference) and abs(difference - median) / noise > threshold:
                groupdq[integration, group, y, x] |= JUMP_DET


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
    nx = ramp.shape[3]
    for first_row, nrows, samples in sample_blocks(ramp, groupdq, gain):
        flag_pixel_iteratively(
            (nrows, nx), first_row, ramp, groupdq, gain, read_noise, nframes, *thresholds, samples
        )


@pixel_kernel
def flag_pixel_iteratively(
    row, x, first_row, ramp, groupdq, gain, read_noise, nframes, normal, three, two, samples
):
    """Flag the outliers of one pixel, the worst one first."""
    y = first_row + row
    nints, ngroups, _, nx = ramp.shape
    strip, lane = sample_strip(row, x, nx), x % LANES
    lowest, highest = sample_range(samples, strip, lane)
    if cannot_hold_jump(lowest, highest, read_noise[y, x], gain[y, x], nframes, min(normal, three, two)):
        return
    count = keep_within(samples, strip, lane, samples.shape[1], -math.inf, math.inf)
    sort_magnitudes(samples, strip, lane, count)
    first, last = range_without_outliers(
        samples, strip, lane, count, read_noise[y, x], gain[y, x], nframes, normal, three, two
    )
    if last - first == count:
        return
    lower_cut = cut_below(samples, strip, lane, first, count)
    upper_cut = cut_below(samples, strip, lane, last, count)
    for integration in range(nints):
        for group in range(1, ngroups):
            magnitude = abs(first_difference(ramp, groupdq, gain, integration, group, y, x))
            if magnitude < lower_cut or magnitude > upper_cut:
                groupdq[integration, group, y, x] |= JUMP_DET


@pixel_function
def range_without_outliers(samples, strip, lane, count, read_noise, gain, nframes, normal, three, two):
    """The part of a sorted sample that is left when no outlier is: the worst ones stand at its ends.

    Returns
    -------
    first, last : int
        Values ``first`` to ``last - 1`` are left.
    """
    first, last = 0, count
    while last - first >= 2:
        threshold = two if last - first == 2 else (three if last - first == 3 else normal)
        median = clipped_median(samples, strip, lane, first, last)
        if last - first < count:
            median = np.float64(np.float32(median))
        noise = difference_noise(median, read_noise, gain, nframes)
        lowest, highest = samples[strip, first, lane], samples[strip, last - 1, lane]
        worst = max(distance(lowest, median), distance(highest, median))
        if not worst / noise > threshold:
            break
        while first < last and distance(samples[strip, first, lane], median) == worst:
            first += 1
        while first < last and distance(samples[strip, last - 1, lane], median) == worst:
            last -= 1
    return first, last


@pixel_function
def sample_range(samples, strip, lane):
    """Smallest and largest value of a sample but for NaN; infinite when there is nothing else."""
    lowest, highest = np.float32(math.inf), np.float32(-math.inf)
    for place in range(samples.shape[1]):
        value = samples[strip, place, lane]
        if value < lowest:
            lowest = value
        if value > highest:
            highest = value
    return np.float64(lowest), np.float64(highest)


@pixel_function
def cannot_hold_jump(lowest, highest, read_noise, gain, nframes, threshold):
    """Whether the range of a pixel's differences alone rules out any jump: true for most pixels.

    The median lies within the range, so no distance from it exceeds the range, and the noise is at least
    that of the smallest absolute value in the range. That holds for absolute differences as well.
    """
    if not lowest < highest:
        return True
    smallest = max(lowest, -highest, 0.0)
    return (highest - lowest) / difference_noise(smallest, read_noise, gain, nframes) <= threshold


@pixel_function
def clipped_median(samples, strip, lane, first, last):
    """Median of the range of a sorted sample that is kept, in the sense of `flag_jumps_iteratively`."""
    if last - first == 2:
        return np.float64(samples[strip, first, lane])
    if last - first == 3:
        return sorted_median(samples, strip, lane, first, last)
    largest = samples[strip, last - 1, lane]
    while last > first and samples[strip, last - 1, lane] == largest:
        last -= 1
    return sorted_median(samples, strip, lane, first, last)


@pixel_function
def distance(value, median):
    """Distance of a difference from the median, rounded to float32."""
    return np.float64(np.float32(abs(np.float64(value) - median)))


@pixel_function
def sort_magnitudes(samples, strip, lane, count):
    """Replace the first ``count`` values of a sample by their absolute values in ascending order (shell sort)."""
    for place in range(count):
        samples[strip, place, lane] = abs(samples[strip, place, lane])
    gap = count
    while gap > 1:
        gap = max(1, (5 * gap - 1) // 11)
        for place in range(gap, count):
            value = samples[strip, place, lane]
            hole = place
            while hole >= gap and samples[strip, hole - gap, lane] > value:
                samples[strip, hole, lane] = samples[strip, hole - gap, lane]
                hole -= gap
            samples[strip, hole, lane] = value


@pixel_function
def sorted_median(samples, strip, lane, first, last):
    """Median of the values ``first`` to ``last - 1`` of a sorted sample; NaN when there is none."""
    if last <= first:
        return math.nan
    middle = (first + last) // 2
    upper = np.float64(samples[strip, middle, lane])
    if (last - first) % 2:
        return upper
    return 0.5 * (np.float64(samples[strip, middle - 1, lane]) + upper)


@pixel_function
def cut_below(samples, strip, lane, first, count):
    """A value that parts a sorted sample ahead of its value number ``first``; infinite at the ends.

    Halfway between two different values, it tells them apart whatever the rounding of either, and infinite
    values from all others.
    """
    if first <= 0:
        return -math.inf
    if first >= count:
        return math.inf
    lower = np.float64(samples[strip, first - 1, lane])
    return min(0.5 * (lower + np.float64(samples[strip, first, lane])), LARGEST)
