"""Groups after a large jump, in which the pixel has not settled yet, flagged as jumps too.

Source: the ``jump`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/jump/arguments.html.
"""

from typing import NamedTuple

import numpy as np

from gpucal.backend import array_namespace, strip_kernel
from gpucal.backend.fit import check_fit
from gpucal.backend.strips import Scratch, in_a_row
from gpucal.kernels.flags.dqflags import JUMP_DET
from gpucal.kernels.jump.medians import PIXEL, jump_medians, list_jumps
from gpucal.kernels.ramps.first_differences import UNUSABLE, Counts, first_difference


class Transient(NamedTuple):
    """How long jumps of a certain height disturb a pixel.

    Attributes
    ----------
    height : float
        Jumps of at least this height above the median difference, DN.
    ngroups : int
        Groups to flag after the jump.
    """

    height: float
    ngroups: int


def flag_transients(ramp, groupdq, gain, first, second):
    """Flag, in place, groups after large jumps; SATURATED and DO_NOT_USE groups stay as they are.

    Parameters
    ----------
    ramp : (nints, ngroups, ny, nx) float32 array
        Counts, DN.
    groupdq : (nints, ngroups, ny, nx) uint8 array
        Group flags with the jumps that were found; JUMP_DET is added.
    gain : (ny, nx) float32 array
        Electrons per DN. The median gain turns the heights into electrons, for all pixels alike.
    first, second : Transient
        Two kinds of transient.
    """
    check_fit(
        ramp=(ramp, "nints ngroups ny nx"), groupdq=(groupdq, "nints ngroups ny nx"), gain=(gain, "ny nx")
    )
    if first.ngroups <= 0 and second.ngroups <= 0:
        return
    typical_gain = median_gain(gain)
    # The product is rounded to float32, as the differences are.
    kinds = [one._replace(height=float(np.float32(one.height) * typical_gain)) for one in (first, second)]
    counts, medians = Counts(*map(in_a_row, (ramp, groupdq, gain))), in_a_row(jump_medians(ramp, groupdq, gain))
    flag_strip_after_jumps(medians.shape, Scratch(1, 1), counts, medians, *kinds)


def median_gain(gain):
    """Median of the gains that are not NaN, float32; NaN when there is none."""
    xp = array_namespace(gain)
    known = gain[~xp.isnan(gain)]
    return np.float32(float(xp.median(known)) if known.size else np.nan)


@strip_kernel
def flag_strip_after_jumps(begin, end, samples, state, counts, medians, first, second):
    """Walk along the ramps of a strip of pixels, flagging while a transient lasts; their heights are in electrons."""
    ramp, groupdq, gain = counts
    nints, ngroups, _ = ramp.shape
    for lane in range(list_jumps(begin, end, samples[0], state[PIXEL], groupdq)):
        x = int(state[PIXEL, lane])
        median = medians[x]
        for integration in range(nints):
            remaining = 0
            for group in range(1, ngroups):
                jumped = groupdq[integration, group, x] & JUMP_DET
                if remaining > 0 and not groupdq[integration, group, x] & UNUSABLE:
                    groupdq[integration, group, x] |= JUMP_DET
                remaining -= 1
                if jumped:
                    height = first_difference(ramp, groupdq, gain, integration, group, x) - median
                    if height >= first.height:
                        remaining = max(remaining, first.ngroups)
                    if height >= second.height:
                        remaining = max(remaining, second.ngroups)
