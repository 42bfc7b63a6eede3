"""Which groups of an exposure are fitted: the user's range, and the ends that no pixel can use.

Source: the ``ramp_fitting`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/ramp_fitting/arguments.html, and jwst 3.0.0.
"""

from gpucal.backend import pixel_kernel
from gpucal.kernels.dqflags import DO_NOT_USE, GOOD
from gpucal.kernels.ols_ramps import ALL_BUT_PERSISTENCE


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


def usable_range(groupdq):
    """The groups between those at the start, and the one at the end, that are DO_NOT_USE in every pixel.

    Parameters
    ----------
    groupdq : (nints, ngroups, ny, nx) uint8 array
        Group flags.

    Returns
    -------
    slice
        The groups to fit; at most one is left out at the end. Empty where no group can be used.
    """
    ngroups = groupdq.shape[1]
    start = 0
    while start < ngroups and _unusable(groupdq[:, start]):
        start += 1
    stop = ngroups - 1 if start < ngroups and _unusable(groupdq[:, -1]) else ngroups
    return slice(start, stop)


def drop_ramps_of_one_group(groupdq):
    """Flag all groups DO_NOT_USE, in place, of the ramps that have one good group alone.

    Parameters
    ----------
    groupdq : (nints, ngroups, ny, nx) uint8 array
        Group flags, edited. A good group has none but PERSISTENCE.
    """
    nints, _, ny, nx = groupdq.shape
    drop_ramp_of_one_group((nints, ny, nx), groupdq)


@pixel_kernel
def drop_ramp_of_one_group(integration, y, x, groupdq):
    """Flag one ramp."""
    good = 0
    for group in range(groupdq.shape[1]):
        good += groupdq[integration, group, y, x] & ALL_BUT_PERSISTENCE == GOOD
    if good == 1:
        for group in range(groupdq.shape[1]):
            groupdq[integration, group, y, x] |= DO_NOT_USE


def _unusable(flags) -> bool:
    return bool((flags & DO_NOT_USE).all())
