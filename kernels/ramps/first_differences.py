"""First differences of ramps, in electrons: the samples in which jumps are outliers.

A first difference is what a pixel gained from one group to the next. It is NaN where one of the two groups
cannot be used, or where the data or the gain is NaN. The differences are float32, as the ramp is; their
noise is float64.

The pixels of an image are in a row here, ``npixels`` of them: no pixel's differences depend on its neighbours.
"""

import math
from typing import NamedTuple

import numpy as np

from gpucal.backend import pixel_function
from gpucal.kernels.flags.dqflags import DO_NOT_USE, SATURATED

UNUSABLE = DO_NOT_USE | SATURATED


class Counts(NamedTuple):
    """Ramps, and what makes electrons of them.

    Attributes
    ----------
    ramp : (nints, ngroups, npixels) float32 array
        Counts, DN.
    groupdq : (nints, ngroups, npixels) uint8 array
        Group flags.
    gain : (npixels,) float32 array
        Electrons per DN.
    """

    ramp: np.ndarray
    groupdq: np.ndarray
    gain: np.ndarray


class ReadNoise(NamedTuple):
    """The noise of reading.

    Attributes
    ----------
    cds : (npixels,) float32 array
        Noise of the difference of two reads (correlated double sampling), DN.
    nframes : int
        Frames averaged into a group.
    """

    cds: np.ndarray
    nframes: int


def number_of_differences(ramp):
    """How many first differences a pixel has in all integrations."""
    return ramp.shape[0] * (ramp.shape[1] - 1)


@pixel_function
def fill_samples(begin, end, samples, ramp, groupdq, gain, first_group, stop_group, void_alone=DO_NOT_USE):
    """Write the first differences of a strip of pixels into its samples, the integrations one after another.

    Parameters
    ----------
    begin, end : int
        The strip.
    samples : (nvalues, width) float32 array
        Filled.
    ramp : (nints, ngroups, npixels) float32 array
        Counts, DN.
    groupdq : (nints, ngroups, npixels) uint8 array
        Group flags.
    gain : (npixels,) float32 array
        Electrons per DN.
    first_group, stop_group : int
        The range of the later groups of the differences.
    void_alone : int
        A flag that makes a group unusable if it is the only flag of the group. The default, DO_NOT_USE, does so in
        any company, so that it changes nothing.

    Returns
    -------
    int
        The number of values.
    """
    place = 0
    factor = gain[begin:end]
    for integration in range(ramp.shape[0]):
        for group in range(first_group, stop_group):
            before, after = ramp[integration, group - 1, begin:end], ramp[integration, group, begin:end]
            flags_before = groupdq[integration, group - 1, begin:end]
            flags_after = groupdq[integration, group, begin:end]
            differences = samples[place]
            for lane in range(end - begin):
                difference = after[lane] * factor[lane] - before[lane] * factor[lane]
                usable = (flags_before[lane] | flags_after[lane]) & UNUSABLE == 0
                void = flags_before[lane] == void_alone or flags_after[lane] == void_alone
                differences[lane] = difference if usable and not void else np.float32(math.nan)
            place += 1
    return place


@pixel_function
def fill_samples_of(pixels, npixels, samples, ramp, groupdq, gain):
    """Write all first differences of some pixels into the columns of samples; return the number of rows.

    See `fill_samples` for the parameters; ``pixels`` are the first ``npixels`` of a row of whole numbers, float64.
    """
    place = 0
    for integration in range(ramp.shape[0]):
        for group in range(1, ramp.shape[1]):
            for lane in range(npixels):
                x = int(pixels[lane])
                samples[place, lane] = first_difference(ramp, groupdq, gain, integration, group, x)
            place += 1
    return place


@pixel_function
def first_difference(ramp, groupdq, gain, integration, group, x):
    """Electrons gained between the group before and ``group``; NaN where either is unusable."""
    if (groupdq[integration, group - 1, x] | groupdq[integration, group, x]) & UNUSABLE:
        return np.float32(math.nan)
    before = ramp[integration, group - 1, x] * gain[x]
    return ramp[integration, group, x] * gain[x] - before


@pixel_function
def difference_noise(median, read_noise, gain, nframes):
    """Expected noise of a first difference, electrons; NaN rather than zero, so that no pixel without noise has jumps.

    See `difference_variance` for the parameters.
    """
    variance = difference_variance(median, read_noise, gain, nframes)
    return math.sqrt(variance) if variance != 0 else math.nan


@pixel_function
def difference_variance(median, read_noise, gain, nframes):
    """Expected variance of a first difference: Poisson noise of its median, and read noise.

    Parameters
    ----------
    median : float64
        Typical difference, electrons.
    read_noise : float32
        Noise of the difference of two reads (correlated double sampling), DN.
    gain : float32
        Electrons per DN.
    nframes : int
        Frames averaged into a group.

    Returns
    -------
    float64
        Electrons squared.
    """
    electrons = read_noise * gain
    return abs(median) + np.float64(electrons * electrons) / np.float64(nframes)
