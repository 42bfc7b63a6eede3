"""The median differences of the pixels that have jumps, and of these alone: most pixels have none."""

import numpy as np

from gpucal.backend import pixel_function
from gpucal.backend.strips import Scratch
from gpucal.kernels.dqflags import JUMP_DET
from gpucal.kernels.first_differences import fill_sample, number_of_differences
from gpucal.kernels.sorted_samples import sort_samples, sorted_median

# What is known of each pixel with jumps: where it is, how many differences it has, and their median.
PIXEL, COUNT, MEDIAN, STATE_ROWS = range(4)


def scratch_of(ramp):
    """The scratch memory that `find_jump_medians` takes."""
    return Scratch(number_of_differences(ramp), STATE_ROWS)


@pixel_function
def find_jump_medians(begin, end, samples, state, ramp, groupdq, gain):
    """Find the pixels of a strip that have jumps, and their median differences.

    Parameters
    ----------
    begin, end : int
        The strip.
    samples : (nvalues, width) float32 array
        Scratch memory.
    state : (STATE_ROWS, width) float64 array
        Its first columns are filled: rows ``PIXEL`` and ``MEDIAN``, electrons.
    ramp : (nints, ngroups, npixels) float32 array
        Counts, DN.
    groupdq : (nints, ngroups, npixels) uint8 array
        Group flags.
    gain : (npixels,) float32 array
        Electrons per DN.

    Returns
    -------
    int
        The number of pixels that have jumps.
    """
    npixels = list_jumps(begin, end, samples[0], state[PIXEL], groupdq)
    nvalues = 0
    for lane in range(npixels):
        nvalues = fill_sample(samples, lane, ramp, groupdq, gain, int(state[PIXEL, lane]))
    sort_samples(samples, nvalues, npixels, state[COUNT])
    for lane in range(npixels):
        state[MEDIAN, lane] = sorted_median(samples, lane, 0, int(state[COUNT, lane]))
    return npixels


@pixel_function
def list_jumps(begin, end, found, pixels, groupdq):
    """List the pixels of a strip that carry JUMP_DET in any group; return how many there are."""
    for lane in range(end - begin):
        found[lane] = 0
    for integration in range(groupdq.shape[0]):
        for group in range(groupdq.shape[1]):
            flags = groupdq[integration, group, begin:end]
            for lane in range(end - begin):
                found[lane] = np.float32(1) if flags[lane] & JUMP_DET else found[lane]
    npixels = 0
    for lane in range(end - begin):
        if found[lane]:
            pixels[npixels] = begin + lane
            npixels += 1
    return npixels
