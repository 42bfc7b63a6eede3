"""Questions about the flags of groups, asked of all groups of an exposure."""

from gpucal.backend import array_namespace, current_backend, pixel_function, pixel_kernel
from gpucal.backend.fit import check_fit


@pixel_function
def has_flag(groupdq, flag, y, x):
    """Whether any group of a pixel, in any integration, carries a flag."""
    for integration in range(groupdq.shape[0]):
        for group in range(groupdq.shape[1]):
            if groupdq[integration, group, y, x] & flag:
                return True
    return False


def fully_flagged_groups(groupdq, flags):
    """Find the groups in which every pixel carries one of some flags.

    Parameters
    ----------
    groupdq : (nints, ngroups, ny, nx) uint8 array
        Group flags.
    flags : int
        The flags, any of which counts.

    Returns
    -------
    (nints, ngroups) bool array
        On the host.
    """
    check_fit(groupdq=(groupdq, "nints ngroups ny nx"))
    xp = array_namespace(groupdq)
    full_rows = xp.zeros(groupdq.shape[:3], dtype=bool)
    find_full_row(groupdq.shape[:3], groupdq, flags, full_rows)
    return current_backend().asnumpy(full_rows.all(axis=2))


@pixel_kernel
def find_full_row(integration, group, y, groupdq, flags, full_rows):
    """Look along one row of one group, as far as the first pixel without the flags."""
    for x in range(groupdq.shape[3]):
        if not groupdq[integration, group, y, x] & flags:
            return
    full_rows[integration, group, y] = True


def count_flagged(groupdq, flag):
    """Count how often a flag is set, over all pixels, groups and integrations.

    Parameters
    ----------
    groupdq : (nints, ngroups, ny, nx) uint8 array
        Group flags.
    flag : int
        The flag to count.

    Returns
    -------
    int
        The count.
    """
    check_fit(groupdq=(groupdq, "nints ngroups ny nx"))
    xp = array_namespace(groupdq)
    planes = groupdq.reshape(-1, *groupdq.shape[2:])
    counts = xp.zeros(planes.shape[:2], xp.int32)
    count_in_row(counts.shape, planes, flag, counts)
    return int(counts.sum())


@pixel_kernel
def count_in_row(plane, y, planes, flag, counts):
    """Count how often a flag is set in one row of one group."""
    count = 0
    for x in range(planes.shape[2]):
        count += planes[plane, y, x] & flag != 0
    counts[plane, y] = count


def drop_flag_where(groupdq, flag, others):
    """Remove a flag, in place, from every pixel and group that also carries one of some others.

    Parameters
    ----------
    groupdq : (nints, ngroups, ny, nx) uint8 array
        Group flags, edited.
    flag : int
        The flag to remove.
    others : int
        The flags beside which it is void.
    """
    check_fit(groupdq=(groupdq, "nints ngroups ny nx"))
    ny, nx = groupdq.shape[2:]
    planes = groupdq.reshape(-1, ny, nx)
    drop_flag(planes.shape, planes, flag, others)


@pixel_kernel
def drop_flag(plane, y, x, planes, flag, others):
    """Remove a flag from one pixel of one group."""
    flags = planes[plane, y, x]
    if flags & flag and flags & others:
        planes[plane, y, x] = flags ^ flag
