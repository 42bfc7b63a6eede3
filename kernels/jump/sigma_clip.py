"""Jumps found by sigma clipping, for exposures of many integrations.

Source: the ``jump`` step of the JWST pipeline documentation,
https://stcal.readthedocs.io/en/latest/stcal/jump/description.html; the clipping is that of
`astropy.stats.sigma_clip` with its defaults.
"""

import numpy as np

from gpucal.backend import strip_kernel
from gpucal.backend.fit import check_fit
from gpucal.backend.strips import Scratch, in_a_row
from gpucal.kernels.flags.dqflags import DO_NOT_USE, JUMP_DET
from gpucal.kernels.flags.group_flags import fully_flagged_groups
from gpucal.kernels.ramps.first_differences import fill_samples
from gpucal.kernels.statistics.clip_bounds import COUNT, DEFAULT_ROUNDS, LOWER, STATE_ROWS, UPPER, find_bounds
from gpucal.kernels.statistics.sorted_samples import LARGEST, sort_samples


def flag_jumps_by_clipping(ramp, groupdq, gain, threshold, group_by_group):
    """Flag, in place, the differences that sigma clipping rejects.

    The sample of a pixel is clipped about its median in units of its standard deviation, until nothing
    more leaves or for five rounds. A group in which every pixel would then be JUMP_DET or DO_NOT_USE
    tells of the exposure rather than of cosmic rays: its pixels that carry JUMP_DET alone are cleared.

    Parameters
    ----------
    ramp : (nints, ngroups, ny, nx) float32 array
        Counts, DN.
    groupdq : (nints, ngroups, ny, nx) uint8 array
        Group flags; JUMP_DET is added to the later group of an outlying difference.
    gain : (ny, nx) float32 array
        Electrons per DN.
    threshold : float
        Largest distance from the median that is no jump, in standard deviations.
    group_by_group : bool
        Whether a sample holds one group of all integrations, rather than all groups of all.
    """
    check_fit(
        ramp=(ramp, "nints ngroups ny nx"), groupdq=(groupdq, "nints ngroups ny nx"), gain=(gain, "ny nx")
    )
    nints, ngroups = ramp.shape[:2]
    factor = in_a_row(gain)
    span = 1 if group_by_group else ngroups - 1
    scratch = Scratch(nints * span, STATE_ROWS)
    grid = (ngroups - 1) // span, factor.size
    flag_strip_by_clipping(grid, scratch, in_a_row(ramp), in_a_row(groupdq), factor, span, threshold)
    for integration, group in np.argwhere(fully_flagged_groups(groupdq, JUMP_DET | DO_NOT_USE)):
        plane = groupdq[integration, group]
        plane[plane == JUMP_DET] = 0


@strip_kernel
def flag_strip_by_clipping(sample, begin, end, samples, state, ramp, groupdq, gain, span, threshold):
    """Flag the differences of ``span`` groups that are outside of the bounds of their pixels."""
    first_group = 1 + sample * span
    groups = first_group, first_group + span
    nvalues = fill_samples(begin, end, samples, ramp, groupdq, gain, *groups)
    sort_samples(samples, nvalues, end - begin, state[COUNT])
    find_bounds(samples, nvalues, end - begin, state, threshold, DEFAULT_ROUNDS)
    fill_samples(begin, end, samples, ramp, groupdq, gain, *groups)
    lower, upper = state[LOWER], state[UPPER]
    place = 0
    for integration in range(ramp.shape[0]):
        for group in range(*groups):
            differences, flags = samples[place], groupdq[integration, group, begin:end]
            for lane in range(end - begin):
                difference = differences[lane]
                outside = difference < lower[lane] or difference > upper[lane]
                flags[lane] |= JUMP_DET if outside and abs(difference) <= LARGEST else 0
            place += 1
