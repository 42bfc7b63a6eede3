"""Saturation hidden by the averaging of frames into groups.

A pixel that saturates part of the way through a group has an average below its threshold. Two tests,
which use the read pattern, find such groups. Both set DO_NOT_USE and not SATURATED: part of the group is
good, but its average is not.

Source: the ``saturation`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/saturation/description.html.
"""

from typing import NamedTuple

import numpy as np

from gpucal.backend import array_namespace, strip_kernel
from gpucal.backend.fit import check_fit
from gpucal.backend.strips import NO_SCRATCH
from gpucal.kernels.flags.dqflags import DO_NOT_USE, NO_SAT_CHECK, SATURATED
from gpucal.kernels.ramps.saturation_growth import any_flag, plane_blocks, planes_with, spread_flag

PARTIAL = 1  # mark of a group in which saturation hides


class Planes(NamedTuple):
    """All groups of all integrations, one after another.

    Attributes
    ----------
    counts : (nplanes, ny, nx) float32 array
        DN.
    flags : (nplanes, ny, nx) uint8 array
        Group flags.
    ngroups, nframes : int
        Groups in an integration, and frames averaged into each.
    """

    counts: np.ndarray
    flags: np.ndarray
    ngroups: int
    nframes: int


class Limit(NamedTuple):
    """Where pixels saturate, DN, and flags of that: (ny, nx) float32 and uint32 arrays."""

    level: np.ndarray
    flags: np.ndarray


class Levels(NamedTuple):
    """Where pixels saturate, and their bias, DN: (ny, nx) float32 arrays."""

    limit: np.ndarray
    bias: np.ndarray


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
    check_fit(
        ramp=(ramp, "nints ngroups ny nx"),
        groupdq=(groupdq, "nints ngroups ny nx"),
        limit=(limit, "ny nx"),
        limit_dq=(limit_dq, "ny nx"),
    )
    if nframes == 1:
        return
    xp = array_namespace(ramp)
    ngroups, ny, nx = ramp.shape[1:]
    planes = groupdq.reshape(-1, ny, nx)
    everything = Planes(ramp.reshape(-1, ny, nx), planes, ngroups, nframes)
    saturated = planes_with(planes, SATURATED)
    hiding = saturated[saturated % ngroups > 0] - 1
    for block in plane_blocks(hiding, planes):
        partial = xp.zeros((block.stop - block.start, ny, nx), np.uint8)
        find_partial(partial.shape, NO_SCRATCH, everything, hiding[block], Limit(limit, limit_dq), partial)
        spread_flag(partial, xp.arange(len(partial)), PARTIAL, planes, hiding[block], DO_NOT_USE, max(radius, 0))


@strip_kernel
def find_partial(place, y, begin, end, samples, state, planes, hiding, limit, partial):
    """Find the pixels of a strip that saturated in the course of a group that is followed by a saturated one."""
    counts, all_flags, ngroups, nframes = planes
    plane = hiding[place]
    group = plane % ngroups
    mean_frame = group * nframes + 0.5 * (nframes + 1)
    dilution = mean_frame / ((group + 1) * nframes)
    following, flags = all_flags[plane + 1, y, begin:end], all_flags[plane, y, begin:end]
    if not any_flag(following, SATURATED):
        return
    for lane in range(end - begin):
        x = begin + lane
        checked = following[lane] & SATURATED != 0 and flags[lane] & (SATURATED | DO_NOT_USE) == 0
        if checked and limit.flags[y, x] & NO_SAT_CHECK == 0 and counts[plane, y, x] >= limit.level[y, x] * dilution:
            partial[place, y, x] = PARTIAL


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
    check_fit(
        ramp=(ramp, "nints ngroups ny nx"),
        groupdq=(groupdq, "nints ngroups ny nx"),
        limit=(limit, "ny nx"),
        superbias=(superbias, "ny nx"),
    )
    nints, ngroups, ny, nx = ramp.shape
    if ngroups > 2:
        flag_hidden_events((nints, ny, nx), NO_SCRATCH, ramp, groupdq, Levels(limit, superbias), nframes)


@strip_kernel
def flag_hidden_events(integration, y, begin, end, samples, state, ramp, groupdq, levels, nframes):
    """Flag the second group of a strip of ramps where an event saturated it."""
    limit, superbias = levels
    flags, following = groupdq[integration, 1, y, begin:end], groupdq[integration, 2, y, begin:end]
    if not any_flag(following, SATURATED):
        return
    mean_frame, last_frame = 0.5 * (nframes + 1), 3 * nframes
    for lane in range(end - begin):
        if not following[lane] & SATURATED or flags[lane] & SATURATED:
            continue
        x = begin + lane
        first, bias = ramp[integration, 0, y, x], superbias[y, x]
        expected = (first - bias) / mean_frame * last_frame + bias
        rise = ramp[integration, 1, y, x] - first
        if expected < limit[y, x] and rise > (limit[y, x] - first) / np.float32(nframes):
            flags[lane] |= DO_NOT_USE
