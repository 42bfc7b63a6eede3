"""Which groups of an exposure are fitted: the user's range, and the ends that no pixel can use.

Source: the ``ramp_fitting`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/ramp_fitting/arguments.html, and jwst 3.0.0.
"""

import numpy as np

from gpucal.backend import array_namespace
from gpucal.kernels.flags.dqflags import DO_NOT_USE, GOOD
from gpucal.kernels.ramp_fit.inputs import Groups
from gpucal.kernels.ramp_fit.ols_ramps import ALL_BUT_PERSISTENCE


def keep_groups(groupdq, first, last):
    """Flag the groups outside the user's range DO_NOT_USE, in place.

    Parameters
    ----------
    groupdq : (nints, ngroups, ny, nx) uint8 array
        Group flags, edited.
    first, last : int or None
        Numbers of the first and last groups to keep, from zero; None for the ends of the ramp. A negative
        first number means zero.

    Returns
    -------
    bool
        False if the range holds fewer than two groups: then it is ignored and nothing is flagged.
    """
    if first is None and last is None:
        return True
    end = groupdq.shape[1] - 1
    first = 0 if first is None else max(first, 0)
    last = end if last is None else last
    if first >= last:
        return False
    groupdq[:, :first] |= DO_NOT_USE
    groupdq[:, last + 1 :] |= DO_NOT_USE
    return True


def usable_range(groupdq, drop_single_groups=False):
    """The groups to fit: all but those at the start, and the one at the end, that no ramp can use.

    Parameters
    ----------
    groupdq : (nints, ngroups, ny, nx) uint8 array
        Group flags. A group that is DO_NOT_USE cannot be used.
    drop_single_groups : bool
        Whether a ramp with a single good group counts as unable to use it. A good group has no flag but PERSISTENCE.

    Returns
    -------
    Groups
        Those to fit; at most one is left out at the end. Empty where no group can be used.
    """
    ngroups = groupdq.shape[1]
    start = 0
    while start < ngroups and not _is_usable(groupdq, start, drop_single_groups):
        start += 1
    is_cut = start < ngroups and not _is_usable(groupdq, ngroups - 1, drop_single_groups)
    return Groups(start, ngroups - 1 if is_cut else ngroups)


def _is_usable(groupdq, group, drop_single_groups) -> bool:
    """Whether any ramp can use a group."""
    usable = groupdq[:, group] & DO_NOT_USE == 0
    if not drop_single_groups or not usable.any():
        return bool(usable.any())
    good = array_namespace(groupdq).zeros(usable.shape, np.uint16)
    for flags in groupdq.swapaxes(0, 1):
        good += flags & ALL_BUT_PERSISTENCE == GOOD
        if (usable & (good > 1)).any():
            return True
    return bool((usable & (good != 1)).any())
