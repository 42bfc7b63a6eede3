"""Groups in which charge migrates from bright pixels to their neighbours.

Source: the ``charge_migration`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/charge_migration/description.html.
"""

import numpy as np

from gpucal.backend import array_namespace, pixel_kernel
from gpucal.backend.fit import check_fit
from gpucal.kernels.flags.dqflags import CHARGELOSS, DO_NOT_USE


def flag_charge_migration(ramp, groupdq, signal_threshold):
    """Flag CHARGELOSS and DO_NOT_USE from the first group above a threshold on, in place.

    The four neighbours of such a pixel are flagged from the same group on. A group with the one flag
    DO_NOT_USE starts nothing; a group with other flags, whether DO_NOT_USE is among them or not, does.

    Parameters
    ----------
    ramp : (nints, ngroups, ny, nx) float32 array
        Signal, DN.
    groupdq : (nints, ngroups, ny, nx) uint8 array
        Group flags, edited.
    signal_threshold : float
        Signal above which charge migrates, DN.
    """
    check_fit(ramp=(ramp, "nints ngroups ny nx"), groupdq=(groupdq, "nints ngroups ny nx"))
    nints, _, ny, nx = ramp.shape
    onset = array_namespace(ramp).empty((nints, ny, nx), np.int16)
    find_onset(onset.shape, ramp, groupdq, np.float32(signal_threshold), onset)
    flag_from_onset(onset.shape, onset, groupdq)


@pixel_kernel
def find_onset(integration, y, x, ramp, groupdq, signal_threshold, onset):
    """First group above the threshold in one pixel's ramp; the number of groups if there is none."""
    ngroups = ramp.shape[1]
    first = ngroups
    for group in range(ngroups - 1, -1, -1):
        bright = ramp[integration, group, y, x] > signal_threshold
        if bright and groupdq[integration, group, y, x] != DO_NOT_USE:
            first = group
    onset[integration, y, x] = first


@pixel_kernel
def flag_from_onset(integration, y, x, onset, groupdq):
    """Flag one pixel's ramp from the earliest onset in the pixel itself and its four neighbours."""
    first = onset[integration, y, x]
    if y > 0:
        first = min(first, onset[integration, y - 1, x])
    if y < onset.shape[1] - 1:
        first = min(first, onset[integration, y + 1, x])
    if x > 0:
        first = min(first, onset[integration, y, x - 1])
    if x < onset.shape[2] - 1:
        first = min(first, onset[integration, y, x + 1])
    for group in range(first, groupdq.shape[1]):
        groupdq[integration, group, y, x] |= CHARGELOSS | DO_NOT_USE
