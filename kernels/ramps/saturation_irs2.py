"""Saturation and A/D floor flags of an IRS2 readout.

Interleaved reference pixels are no neighbours of anything and are never flagged: all that follows is about the
rows of normal pixels, side by side as they are on the detector.

Source: the ``saturation`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/saturation/description.html.
"""

import numpy as np

from gpucal.backend import array_namespace, pixel_kernel, strip_kernel
from gpucal.backend.fit import check_fit
from gpucal.backend.strips import NO_SCRATCH, Scratch
from gpucal.kernels.flags.dqflags import AD_FLOOR, DO_NOT_USE, SATURATED
from gpucal.kernels.ramps.saturation import blank_saturated_zeroframe


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
    check_fit(
        ramp=(ramp, "nints ngroups nrows nx"),
        groupdq=(groupdq, "nints ngroups nrows nx"),
        limit=(limit, "ny nx"),
        rows=(rows, "ny"),
    )
    onset = array_namespace(ramp).empty(limit.shape, np.uint16)
    for counts, flags in zip(ramp, groupdq, strict=True):
        find_onset(limit.shape, NO_SCRATCH, counts, limit, rows, flags, onset)
        flag_from_onset(onset.shape, Scratch(samples=1), onset, max(radius, 0), rows, flags)


def flag_second_group_irs2(ramp, groupdq, limit, superbias, nframes, rows, radius):
    """Flag, in place, second groups that hide a saturating event such as a bright cosmic ray.

    The test is that of `saturation_readpatt.flag_second_group`, with the third group's own counts for its flag.
    What is found is SATURATED here, with its neighbours.

    Parameters
    ----------
    ramp, groupdq, limit, rows, radius
        As in `flag_saturation_irs2`.
    superbias : (nrows, nx) float32 array
        Bias of raw images, DN; zeros where it is not known.
    nframes : int
        Frames averaged into a group.
    """
    check_fit(
        ramp=(ramp, "nints ngroups nrows nx"),
        groupdq=(groupdq, "nints ngroups nrows nx"),
        limit=(limit, "ny nx"),
        superbias=(superbias, "nrows nx"),
        rows=(rows, "ny"),
    )
    if ramp.shape[1] < 3:
        return
    onset = array_namespace(ramp).empty(limit.shape, np.uint16)
    for counts, flags in zip(ramp, groupdq, strict=True):
        find_hidden(limit.shape, counts, limit, superbias, nframes, rows, onset)
        flag_from_onset(onset.shape, Scratch(samples=1), onset, max(radius, 0), rows, flags[1:2])


@strip_kernel
def find_onset(y, begin, end, samples, state, ramp, limit, rows, groupdq, onset):
    """Write the first group at or above the limit of each pixel of a strip, and flag groups at the A/D floor."""
    row, ngroups = rows[y], ramp.shape[0]
    limits, first = limit[y, begin:end], onset[y, begin:end]
    for lane in range(end - begin):
        first[lane] = ngroups
    for later in range(ngroups):
        group = np.uint16(ngroups - 1 - later)
        counts, flags = ramp[group, row, begin:end], groupdq[group, row, begin:end]
        for lane in range(end - begin):
            first[lane] = group if counts[lane] >= limits[lane] else first[lane]
            flags[lane] |= AD_FLOOR | DO_NOT_USE if counts[lane] <= 0 else 0


@pixel_kernel
def find_hidden(y, x, ramp, limit, superbias, nframes, rows, onset):
    """Write 0 where the second group of a pixel hides an event, else 1: onsets, of the second group alone."""
    row, highest = rows[y], limit[y, x]
    first, bias = ramp[0, row, x], superbias[row, x]
    expected = np.float64(first - bias) / (0.5 * (nframes + 1)) * (3.0 * nframes) + bias
    rises = ramp[1, row, x] - first > (highest - first) / np.float32(nframes)
    hidden = (expected < highest) & rises & (ramp[2, row, x] >= highest)
    onset[y, x] = 0 if hidden else 1


@strip_kernel
def flag_from_onset(y, begin, end, samples, state, onset, radius, rows, groupdq):
    """Flag the pixels of a strip from the earliest onset in the box round each of them on."""
    ngroups, (ny, nx) = groupdq.shape[0], onset.shape
    earliest, start = samples[0], np.float32(ngroups)
    for lane in range(end - begin):
        earliest[lane] = ngroups
    for near in range(max(0, y - radius), min(ny, y + radius + 1)):
        for shift in range(-min(radius, nx - 1), min(radius, nx - 1) + 1):
            first, last = max(begin, shift), min(end, nx + shift)
            reached, here = onset[near, first - shift : last - shift], earliest[first - begin : last - begin]
            for lane in range(last - first):
                here[lane] = min(here[lane], np.float32(reached[lane]))
    for lane in range(end - begin):
        start = min(start, earliest[lane])
    for group in range(int(start), ngroups):
        flags, number = groupdq[group, rows[y], begin:end], np.float32(group)
        for lane in range(end - begin):
            flags[lane] |= SATURATED if earliest[lane] <= number else 0


def blank_saturated_zeroframe_irs2(zeroframe, limit, rows, radius):
    """As `saturation.blank_saturated_zeroframe`, for normal pixels alone."""
    normal = zeroframe[:, rows]
    blank_saturated_zeroframe(normal, limit, radius)
    zeroframe[:, rows] = normal

