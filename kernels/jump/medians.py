"""The median differences of the pixels that have jumps, and of these alone: most pixels have none."""

import numpy as np

from gpucal.backend import array_namespace, pixel_function, strip_kernel
from gpucal.backend.fit import check_fit
from gpucal.backend.strips import Scratch, in_a_row
from gpucal.kernels.flags.dqflags import JUMP_DET
from gpucal.kernels.ramps.first_differences import fill_samples_of, number_of_differences
from gpucal.kernels.statistics.sample_medians import SEARCH_ROWS, find_medians

# What is known of each pixel with jumps: where it is, the number of its differences, and their median.
PIXEL, COUNT, MEDIAN, STATE_ROWS = range(4)


def jump_medians(ramp, groupdq, gain):
    """Find the median differences of the pixels that have jumps.

    Parameters
    ----------
    ramp : (nints, ngroups, ny, nx) float32 array
        Counts, DN.
    groupdq : (nints, ngroups, ny, nx) uint8 array
        Group flags.
    gain : (ny, nx) float32 array
        Electrons per DN.

    Returns
    -------
    (ny, nx) float64 array
        Electrons; not initialized where no group is flagged JUMP_DET.
    """
    check_fit(
        ramp=(ramp, "nints ngroups ny nx"), groupdq=(groupdq, "nints ngroups ny nx"), gain=(gain, "ny nx")
    )
    medians = array_namespace(ramp).empty(gain.shape, np.float64)
    scratch = Scratch(number_of_differences(ramp) + SEARCH_ROWS, STATE_ROWS)
    arrays = [in_a_row(array) for array in (ramp, groupdq, gain, medians)]
    find_strip_medians(arrays[-1].shape, scratch, *arrays)
    return medians


@strip_kernel
def find_strip_medians(begin, end, samples, state, ramp, groupdq, gain, medians):
    """Find the medians of the pixels of a strip that have jumps."""
    npixels = list_jumps(begin, end, samples[0], state[PIXEL], groupdq)
    nvalues = fill_samples_of(state[PIXEL], npixels, samples, ramp, groupdq, gain)
    find_medians(samples, nvalues, npixels, state[COUNT], state[MEDIAN])
    for lane in range(npixels):
        medians[int(state[PIXEL, lane])] = state[MEDIAN, lane]


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
