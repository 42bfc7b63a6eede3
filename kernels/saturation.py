"""Saturation and A/D floor flags of a ramp.

Source: the ``saturation`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/saturation/description.html.
"""

from gpucal.backend import array_namespace, pixel_kernel
from gpucal.kernels.dqflags import AD_FLOOR, DO_NOT_USE, NO_SAT_CHECK, SATURATED
from gpucal.kernels.saturation_growth import grow, grow_flag, plane_blocks

ATOD_LIMIT = 65535  # the highest value of the 16-bit converter


def saturation_limits(threshold, threshold_dq):
    """Make the thresholds of a reference file usable, leaving the reference as it is.

    A pixel whose threshold is NaN, or that the reference marks NO_SAT_CHECK, gets a limit that
    the converter cannot reach.

    Parameters
    ----------
    threshold : (ny, nx) float32 array
        Saturation threshold, DN.
    threshold_dq : (ny, nx) uint32 array
        Flags of the thresholds.

    Returns
    -------
    limit : (ny, nx) float32 array
        The value, in DN, from which on a pixel is saturated.
    limit_dq : (ny, nx) uint32 array
        The flags, with NO_SAT_CHECK also where the threshold is NaN.
    """
    xp = array_namespace(threshold)
    limit_dq = threshold_dq | xp.isnan(threshold) * threshold_dq.dtype.type(NO_SAT_CHECK)
    limit = threshold.copy()
    limit[(limit_dq & NO_SAT_CHECK) != 0] = ATOD_LIMIT + 1
    return limit, limit_dq


def flag_saturation(ramp, groupdq, limit, radius):
    """Flag saturated groups, their neighbours, and groups at the A/D floor; in place.

    A group at or above the limit is SATURATED, and so are all later groups of that pixel in the
    integration. A group at or below zero is AD_FLOOR and DO_NOT_USE. NaN is neither.
    SATURATED grows into the neighbours group by group, whoever set it.

    Parameters
    ----------
    ramp : (nints, ngroups, ny, nx) float32 array
        Counts, DN.
    groupdq : (nints, ngroups, ny, nx) uint8 array
        Group flags, edited.
    limit : (ny, nx) float32 array
        Saturation limit, DN.
    radius : int
        Layers of neighbours that saturation spills into.
    """
    nints, _, ny, nx = ramp.shape
    flag_ramp((nints, ny, nx), ramp, groupdq, limit)
    grow_flag(groupdq, SATURATED, radius)


@pixel_kernel
def flag_ramp(integration, y, x, ramp, groupdq, limit):
    """Flag one pixel's ramp, from its own values alone."""
    saturated = False
    for group in range(ramp.shape[1]):
        counts = ramp[integration, group, y, x]
        flags = groupdq[integration, group, y, x]
        if counts >= limit[y, x]:
            saturated = True
        if saturated:
            flags |= SATURATED
        if counts <= 0:
            flags |= AD_FLOOR | DO_NOT_USE
        groupdq[integration, group, y, x] = flags


def blank_saturated_zeroframe(zeroframe, limit, radius):
    """Set to zero, in place, what is saturated or at the A/D floor in the zero frames.

    The zero frame has no flags of its own: zero is its mark for a value that is not usable.

    Parameters
    ----------
    zeroframe : (nints, ny, nx) float32 array
        First frame of each integration, DN.
    limit : (ny, nx) float32 array
        Saturation limit, DN.
    radius : int
        Layers of neighbours that saturation spills into.
    """
    for block in plane_blocks(zeroframe):
        frames = zeroframe[block]
        frames[grow(frames >= limit, radius) | (frames <= 0)] = 0


def count_flagged_pixels(groupdq, flag):
    """Count the pixels that carry a flag in any group of any integration.

    Parameters
    ----------
    groupdq : (nints, ngroups, ny, nx) uint8 array
        Group flags.
    flag : int
        The flag to look for.

    Returns
    -------
    int
        Number of pixels.
    """
    xp = array_namespace(groupdq)
    ny, nx = groupdq.shape[-2:]
    flagged = xp.zeros((ny, nx), dtype=bool)
    find_flag((ny, nx), groupdq, flag, flagged)
    return int(xp.count_nonzero(flagged))


@pixel_kernel
def find_flag(y, x, groupdq, flag, flagged):
    """Find whether one pixel carries a flag anywhere in its ramps."""
    nints, ngroups = groupdq.shape[:2]
    for integration in range(nints):
        for group in range(ngroups):
            if groupdq[integration, group, y, x] & flag:
                flagged[y, x] = True
