"""Saturation hidden by the averaging of frames into groups.

A pixel that saturates part of the way through a group has an average below its threshold. Two tests,
which use the read pattern, find such groups. Both set DO_NOT_USE and not SATURATED: part of the group is
good, but its average is not.

Source: the ``saturation`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/saturation/description.html.
"""

import numpy as np

from gpucal.backend import array_namespace, pixel_kernel
from gpucal.kernels.dqflags import DO_NOT_USE, NO_SAT_CHECK, SATURATED
from gpucal.kernels.saturation_growth import grow, plane_blocks


def flag_partial_saturation(ramp, groupdq, limit, limit_dq, nframes, radius):
    """Flag, in place, the groups in which a steady ramp reached saturation before the group ended.

    The frames of an exposure are numbered from 1. On a straight ramp from zero the average of a group
    stands to its last frame as the mean frame number to the last one; the limit is lowered by that factor.
    A group above the lowered limit, itself neither SATURATED nor DO_NOT_USE, before a SATURATED group, is
    flagged, and so are its neighbours. Groups of one frame have nothing to hide.

    Parameters
    ----------
    ramp : (nints, ngroups, ny, nx) float32 array
        Counts, DN.
    groupdq : (nints, ngroups, ny, nx) uint8 array
        Group flags with saturation already in them, edited.
    limit : (ny, nx) float32 array
        Saturation limit, DN.
    limit_dq : (ny, nx) uint32 array
        Flags of the limit; pixels with NO_SAT_CHECK are left alone.
    nframes : int
        Frames averaged into a group.
    radius : int
        Layers of neighbours that saturation spills into.
    """
    if nframes == 1:
        return
    xp = array_namespace(ramp)
    ngroups, ny, nx = ramp.shape[1:]
    planes = groupdq.reshape(-1, ny, nx)
    counts = ramp.reshape(-1, ny, nx)
    for block in plane_blocks(planes):
        partial = xp.zeros((block.stop - block.start, ny, nx), dtype=bool)
        find_partial_saturation(
            partial.shape, counts, planes, limit, limit_dq, ngroups, nframes, block.start, partial
        )
        planes[block] |= grow(partial, radius) * planes.dtype.type(DO_NOT_USE)


@pixel_kernel
def find_partial_saturation(
    plane, y, x, counts, planes, limit, limit_dq, ngroups, nframes, first_plane, partial
):
    """Find whether one group of one pixel saturated before its last frame."""
    here = first_plane + plane
    following = here + 1
    if following == planes.shape[0] or not planes[following, y, x] & SATURATED:
        return
    if planes[here, y, x] & (SATURATED | DO_NOT_USE):
        return
    group = here % ngroups
    if group == ngroups - 1 or limit_dq[y, x] & NO_SAT_CHECK:
        return
    mean_frame = group * nframes + 0.5 * (nframes + 1)
    dilution = mean_frame / ((group + 1) * nframes)
    partial[plane, y, x] = counts[here, y, x] >= limit[y, x] * dilution


def flag_second_group(ramp, groupdq, limit, superbias, nframes):
    """Flag, in place, second groups that hide a saturating event such as a bright cosmic ray.

    The second group is flagged where all of this holds:

    - the first group, less the superbias and extrapolated, stays below the limit up to the last frame
      of the third group;
    - the second group rises above the first by more than an event would add to its average that reached the
      limit in the last frame: what is left up to the limit over ``nframes``;
    - the third group is SATURATED and the second is not.

    The extrapolation is in double precision, the rise in single.

    Parameters
    ----------
    ramp : (nints, ngroups, ny, nx) float32 array
        Counts, DN.
    groupdq : (nints, ngroups, ny, nx) uint8 array
        Group flags with saturation already in them, edited.
    limit : (ny, nx) float32 array
        Saturation limit, DN.
    superbias : (ny, nx) float32 array
        Bias, DN; zeros where it is not known.
    nframes : int
        Frames averaged into a group.
    """
    nints, ngroups, ny, nx = ramp.shape
    if ngroups > 2:
        flag_hidden_event((nints, ny, nx), ramp, groupdq, limit, superbias, nframes)


@pixel_kernel
def flag_hidden_event(integration, y, x, ramp, groupdq, limit, superbias, nframes):
    """Flag the second group of one pixel's ramp if an event saturated it."""
    if not groupdq[integration, 2, y, x] & SATURATED or groupdq[integration, 1, y, x] & SATURATED:
        return
    first = ramp[integration, 0, y, x]
    bias = superbias[y, x]
    mean_frame = 0.5 * (nframes + 1)
    last_frame = 3 * nframes
    expected = (first - bias) / mean_frame * last_frame + bias
    rise = ramp[integration, 1, y, x] - first
    if expected < limit[y, x] and rise > (limit[y, x] - first) / np.float32(nframes):
        groupdq[integration, 1, y, x] |= DO_NOT_USE
