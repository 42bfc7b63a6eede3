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
    cut_below,
    difference_noise,
    difference_range,
    first_difference,
    gather_sample,
    sample_blocks,
    sample_strip,
    sorted_median,
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
    nints, ngroups, _, nx = ramp.shape
    for first_row, nrows, sample in sample_blocks(ramp, nints * (ngroups - 1)):
        flag_pixel_once((nrows, nx), first_row, ramp, groupdq, gain, read_noise, nframes, threshold, sample)


@pixel_kernel
def flag_pixel_once(row, x, first_row, ramp, groupdq, gain, read_noise, nframes, threshold, sample):
    """Flag the outliers of one pixel about the median of all its differences."""
    y = first_row + row
    nints, ngroups = ramp.shape[:2]
    lowest, highest = difference_range(ramp, groupdq, gain, y, x, False)
    if cannot_hold_jump(lowest, highest, read_noise[y, x], gain[y, x], nframes, threshold):
        return
    strip, lane = sample_strip(row, x, ramp.shape[3]), x % LANES
    count = gather_sample(ramp, groupdq, gain, y, x, 1, ngroups, False, sample, strip, lane)
    median = sorted_median(sample, strip, lane, 0, count)
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
    nints, ngroups, _, nx = ramp.shape
    for first_row, nrows, sample in sample_blocks(ramp, nints * (ngroups - 1)):
        flag_pixel_iteratively(
            (nrows, nx), first_row, ramp, groupdq, gain, read_noise, nframes, *thresholds, sample
        )


@pixel_kernel
def flag_pixel_iteratively(
    row, x, first_row, ramp, groupdq, gain, read_noise, nframes, normal, three, two, sample
):
    """Flag the outliers of one pixel, the worst one first.

    In a sorted sample the worst outliers stand at the ends: what is kept is a range of it.
    """
    y = first_row + row
    nints, ngroups = ramp.shape[:2]
    lowest, highest = difference_range(ramp, groupdq, gain, y, x, True)
    if cannot_hold_jump(lowest, highest, read_noise[y, x], gain[y, x], nframes, min(normal, three, two)):
        return
    strip, lane = sample_strip(row, x, ramp.shape[3]), x % LANES
    count = gather_sample(ramp, groupdq, gain, y, x, 1, ngroups, True, sample, strip, lane)
    first, last = 0, count
    while last - first >= 2:
        threshold = two if last - first == 2 else (three if last - first == 3 else normal)
        median = clipped_median(sample, strip, lane, first, last)
        if last - first < count:
            median = np.float64(np.float32(median))
        noise = difference_noise(median, read_noise[y, x], gain[y, x], nframes)
        worst = max(
            distance(sample[strip, first, lane], median), distance(sample[strip, last - 1, lane], median)
        )
        if not worst / noise > threshold:
            break
        while first < last and distance(sample[strip, first, lane], median) == worst:
            first += 1
        while first < last and distance(sample[strip, last - 1, lane], median) == worst:
            last -= 1
    if last - first == count:
        return
    lower_cut = cut_below(sample, strip, lane, first, count)
    upper_cut = cut_below(sample, strip, lane, last, count)
    for integration in range(nints):
        for group in range(1, ngroups):
            magnitude = abs(first_difference(ramp, groupdq, gain, integration, group, y, x))
            if magnitude < lower_cut or magnitude > upper_cut:
                groupdq[integration, group, y, x] |= JUMP_DET


@pixel_function
def cannot_hold_jump(lowest, highest, read_noise, gain, nframes, threshold):
    """Whether the range of a pixel's differences alone rules out any jump: true for most pixels.

    The median lies within the range, so no distance from it exceeds the range, and the noise is at least
    that of the smallest absolute value in the range.
    """
    if not lowest < highest:
        return True
    smallest = max(lowest, -highest, 0.0)
    return (highest - lowest) / difference_noise(smallest, read_noise, gain, nframes) <= threshold


@pixel_function
def clipped_median(sample, strip, lane, first, last):
    """Median of the range of a sorted sample that is kept, in the sense of `flag_jumps_iteratively`."""
    if last - first == 2:
        return np.float64(sample[strip, first, lane])
    if last - first == 3:
        return sorted_median(sample, strip, lane, first, last)
    largest = sample[strip, last - 1, lane]
    while last > first and sample[strip, last - 1, lane] == largest:
        last -= 1
    return sorted_median(sample, strip, lane, first, last)


@pixel_function
def distance(value, median):
    """Distance of a difference from the median, rounded to float32."""
    return np.float64(np.float32(abs(np.float64(value) - median)))
