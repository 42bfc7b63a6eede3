"""Saturation and A/D floor flags of an IRS2 readout.

Interleaved reference pixels are no neighbours of anything and are never flagged: all that follows is about the
rows of normal pixels, side by side as they are on the detector.

Source: the ``saturation`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/saturation/description.html.
"""

import numpy as np

from gpucal.backend import array_namespace
from gpucal.kernels.dqflags import AD_FLOOR, DO_NOT_USE, SATURATED
from gpucal.kernels.saturation import blank_saturated_zeroframe
from gpucal.kernels.saturation_growth import grow


def flag_saturation_irs2(ramp, groupdq, limit, rows, radius):
    """Flag saturated groups, their neighbours, and groups at the A/D floor; in place.

    A group at or above the limit is SATURATED, as are its neighbours, and so are they in all later groups. A
    group at or below zero is AD_FLOOR and DO_NOT_USE. NaN is neither.

    Parameters
    ----------
    ramp : (nints, ngroups, nrows, nx) float32 array
        Raw counts, DN.
    groupdq : (nints, ngroups, nrows, nx) uint8 array
        Group flags, edited.
    limit : (ny, nx) float32 array
        Saturation limit of the normal pixels, DN.
    rows : (ny,) int array
        The stored rows that hold normal pixels.
    radius : int
        Layers of neighbours that saturation spills into.
    """
    nints, ngroups = ramp.shape[:2]
    for integration in range(nints):
        saturated = array_namespace(ramp).zeros(limit.shape, bool)
        for group in range(ngroups):
            counts = ramp[integration, group, rows]
            saturated |= grow(counts >= limit, radius)
            at_floor = counts <= 0
            _add(groupdq[integration, group], rows, saturated, SATURATED)
            _add(groupdq[integration, group], rows, at_floor, AD_FLOOR | DO_NOT_USE)


def flag_second_group_irs2(ramp, groupdq, limit, superbias, nframes, rows, radius):
    """Flag, in place, second groups that hide a saturating event such as a bright cosmic ray.

    The test is that of `saturation_readpatt.flag_second_group`, with the third group's own counts for its flag.
    What is found is SATURATED here, with its neighbours.

    Parameters
    ----------
    ramp, groupdq, limit, rows, radius
        As in `flag_saturation_irs2`.
    superbias : (ny, nx) float32 array
        Bias of the normal pixels, DN; zeros where it is not known.
    nframes : int
        Frames averaged into a group.
    """
    if ramp.shape[1] < 3:
        return
    mean_frame, last_frame = 0.5 * (nframes + 1), 3 * nframes
    for integration in range(len(ramp)):
        counts = [ramp[integration, group, rows] for group in range(3)]
        expected = (counts[0] - superbias).astype(np.float64) / mean_frame * last_frame + superbias
        hidden = expected < limit
        hidden &= counts[1] - counts[0] > (limit - counts[0]) / np.float32(nframes)
        hidden &= counts[2] >= limit
        _add(groupdq[integration, 1], rows, grow(hidden, radius), SATURATED)


def blank_saturated_zeroframe_irs2(zeroframe, limit, rows, radius):
    """As `saturation.blank_saturated_zeroframe`, for normal pixels alone."""
    normal = zeroframe[:, rows]
    blank_saturated_zeroframe(normal, limit, radius)
    zeroframe[:, rows] = normal


def _add(groupdq, rows, where, flag):
    groupdq[rows] |= where * groupdq.dtype.type(flag)
