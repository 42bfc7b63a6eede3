"""Saturation and A/D floor flags of a ramp.

Source: the ``saturation`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/saturation/description.html.
"""

import math

from gpucal.backend import array_namespace, strip_kernel
from gpucal.backend.fit import check_fit
from gpucal.backend.strips import NO_SCRATCH, Scratch, in_a_row
from gpucal.kernels.flags.dqflags import AD_FLOOR, DO_NOT_USE, NO_SAT_CHECK, SATURATED
from gpucal.kernels.ramps.saturation_growth import grow, grow_flag, plane_blocks

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
    check_fit(
        ramp=(ramp, "nints ngroups ny nx"), groupdq=(groupdq, "nints ngroups ny nx"), limit=(limit, "ny nx")
    )
    counts, flags, limits = in_a_row(ramp), in_a_row(groupdq), in_a_row(limit)
    grid = len(counts), limits.size
    flag_ramps(grid, Scratch(samples=1), counts, flags, limits)
    grow_flag(groupdq, SATURATED, radius)


@strip_kernel
def flag_ramps(integration, begin, end, samples, state, ramp, groupdq, limits):
    """Flag the ramps of a strip of pixels, from their own values alone."""
    limit, highest = limits[begin:end], samples[0]
    for lane in range(end - begin):
        highest[lane] = -math.inf
    for group in range(ramp.shape[1]):
        counts, flags = ramp[integration, group, begin:end], groupdq[integration, group, begin:end]
        for lane in range(end - begin):
            highest[lane] = counts[lane] if counts[lane] > highest[lane] else highest[lane]
            saturated = SATURATED if highest[lane] >= limit[lane] else 0
            flags[lane] |= saturated | (AD_FLOOR | DO_NOT_USE if counts[lane] <= 0 else 0)


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
    for block in plane_blocks(zeroframe, zeroframe):
        frames = zeroframe[block]
        frames[grow(frames >= limit, radius) | (frames <= 0)] = 0


def flags_of_pixels(groupdq):
    """The flags that each pixel carries in any group of any integration.

    Parameters
    ----------
    groupdq : (nints, ngroups, ny, nx) uint8 array
        Group flags.

    Returns
    -------
    (ny, nx) uint8 array
        The flags.
    """
    together = array_namespace(groupdq).zeros(groupdq.shape[-2:], groupdq.dtype)
    planes, pixels = in_a_row(groupdq), in_a_row(together)
    collect_flags(pixels.shape, NO_SCRATCH, planes, pixels)
    return together


@strip_kernel
def collect_flags(begin, end, samples, state, planes, pixels):
    """Collect the flags of a strip of pixels."""
    together = pixels[begin:end]
    for integration in range(planes.shape[0]):
        for group in range(planes.shape[1]):
            flags = planes[integration, group, begin:end]
            for lane in range(end - begin):
                together[lane] |= flags[lane]
