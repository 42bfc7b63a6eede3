"""Showers: wide faint splashes of cosmic rays in the mid-infrared detector.

A shower is a connected region of one group that is brighter than usual after smoothing. It is flagged as an
ellipse, in its group and in those that follow, but for pixels whose rate that would change too much.

Source: Regan (2023), JWST-STScI-008545, and the ``jump`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/jump/description.html.
"""

import math
from dataclasses import dataclass

import numpy as np

from gpucal.backend import array_namespace, current_backend, pixel_function, pixel_kernel
from gpucal.kernels.dqflags import DO_NOT_USE, JUMP_DET, REFERENCE_PIXEL, SATURATED
from gpucal.kernels.flagged_regions import draw_ellipse, expanded_radii, find_regions
from gpucal.kernels.shower_signal import (
    FLAGGED,
    RING_SCRATCH,
    find_bright,
    measure_ratio,
    ratio_space,
    ring_offsets,
    typical_differences,
)


@dataclass(frozen=True)
class ShowerRules:
    """What counts as a shower, and what is flagged.

    Attributes
    ----------
    snr_threshold : float
        Least mean distance from the typical difference over a ring, in units of the noise.
    min_area : float
        Smallest region above the threshold, pixels.
    inner_radius : float
        Inner radius of the ring, pixels.
    ring_width : float
        Its width, pixels.
    expand_ratio : float
        Growth of a shower's minor axis; the major axis grows by as many pixels.
    max_extended_radius : int
        Largest radius of what is flagged, pixels.
    following_groups : int
        Groups that are flagged after that of the shower.
    max_change : float
        Largest change of a pixel's mean difference between groups that flagging may cause, electrons.
    clipping_integrations : int
        With this many integrations or more, the typical difference and its noise are found by sigma clipping.
    """

    snr_threshold: float
    min_area: float
    inner_radius: float
    ring_width: float
    expand_ratio: float
    max_extended_radius: int
    following_groups: int
    max_change: float
    clipping_integrations: int


def flag_showers(ramp, groupdq, pixeldq, gain, read_noise, nframes, rules):
    """Flag showers JUMP_DET, in place.

    Pixels that are SATURATED are not flagged from then on, nor are reference pixels at all.

    Parameters
    ----------
    ramp : (nints, ngroups, ny, nx) float32 array
        Counts, DN.
    groupdq : (nints, ngroups, ny, nx) uint8 array
        Group flags with jumps and saturation, edited.
    pixeldq : (ny, nx) uint32 array
        Pixel flags; flagged pixels belong to no shower.
    gain : (ny, nx) float32 array
        Electrons per DN.
    read_noise : (ny, nx) float32 array
        Noise of the difference of two reads, DN.
    nframes : int
        Frames averaged into a group.
    rules : ShowerRules
        What counts as a shower.

    Returns
    -------
    int
        Number of showers; one that lasts for several groups counts in each.

    Notes
    -----
    Regions are found on the host: a mask of each group goes there, and the flags of an integration with
    showers there and back.
    """
    backend = current_backend()
    by_group = ramp.shape[0] >= rules.clipping_integrations
    typical = typical_differences(ramp, groupdq, gain, read_noise, nframes, by_group)
    total = 0
    for integration in range(ramp.shape[0]):
        showers = find_showers(ramp, groupdq, pixeldq, gain, typical, integration, rules)
        if not showers:
            continue
        total += len(showers)
        extended = backend.asnumpy(groupdq[integration]).copy()
        for group, ellipse in showers:
            flag_shower(extended[group : group + rules.following_groups + 1], ellipse, rules)
        extended = backend.asarray(extended)
        keep_small_changes(
            pixeldq.shape, integration, ramp, gain, pixeldq, groupdq, extended, np.float32(rules.max_change)
        )
    return total


def find_showers(ramp, groupdq, pixeldq, gain, typical, integration, rules):
    """Find the showers of one integration.

    Parameters
    ----------
    ramp, groupdq, pixeldq, gain, rules
        As in `flag_showers`.
    typical : TypicalDifferences
        Differences without showers.
    integration : int
        Where to look.

    Returns
    -------
    list of (int, Ellipse)
        Groups with showers, and where these are.
    """
    backend, xp = current_backend(), array_namespace(ramp)
    offsets = ring_offsets(rules.inner_radius, rules.ring_width)
    reach, ring = abs(offsets).max(initial=0), backend.asarray(offsets)
    ratio = ratio_space(pixeldq, reach)
    bright = xp.empty(pixeldq.shape, dtype=bool)
    showers = []
    for group in range(first_usable_group(groupdq[integration], pixeldq) + 1, ramp.shape[1]):
        exposed = ramp, groupdq, pixeldq, gain
        measure_ratio(integration, group, *exposed, *typical.of_group(group), ratio, reach)
        find_bright(pixeldq.shape, RING_SCRATCH, ratio, ring, reach, rules.snr_threshold, bright)
        regions = find_regions(backend.asnumpy(bright), rules.min_area)
        showers += [(group, region.ellipse) for region in regions]
    return showers


def first_usable_group(flags, pixeldq):
    """The first group with a pixel, other than a reference pixel, that may be used; 0 if there is none."""
    exposed = pixeldq != REFERENCE_PIXEL
    for group in range(flags.shape[0]):
        if bool((exposed & (flags[group] & DO_NOT_USE == 0)).any()):
            return group
    return 0


def flag_shower(flags, ellipse, rules):
    """Flag one shower in some consecutive groups, each pixel until it saturates.

    Parameters
    ----------
    flags : (ngroups, ny, nx) uint8 array
        Group flags on the host, edited.
    ellipse : Ellipse
        The shower.
    rules : ShowerRules
        How far it reaches.
    """
    radii = expanded_radii(ellipse, rules.expand_ratio, rules.max_extended_radius)
    window, inside = draw_ellipse(ellipse, *radii, flags.shape[1:])
    for group in flags:
        flagged = group[window]
        inside &= flagged & SATURATED == 0
        flagged[inside] |= JUMP_DET


@pixel_kernel
def keep_small_changes(y, x, integration, ramp, gain, pixeldq, groupdq, extended, max_change):
    """Take over the extended flags of one pixel, if that changes its mean difference little."""
    if pixeldq[y, x] == REFERENCE_PIXEL:
        return
    before, after = np.float32(0), np.float32(0)
    count_before, count_after = 0, 0
    for group in range(1, ramp.shape[1]):
        earlier = ramp[integration, group - 1, y, x] * gain[y, x]
        difference = ramp[integration, group, y, x] * gain[y, x] - earlier
        if math.isnan(difference):
            continue
        if not (groupdq[integration, group - 1, y, x] | groupdq[integration, group, y, x]) & FLAGGED:
            before += difference
            count_before += 1
        if not (extended[group - 1, y, x] | extended[group, y, x]) & FLAGGED:
            after += difference
            count_after += 1
    if count_before == 0 or count_after == 0:
        return
    change = mean_of(before, count_before) - mean_of(after, count_after)
    if not abs(change) <= max_change:
        return
    for group in range(ramp.shape[1]):
        groupdq[integration, group, y, x] = extended[group, y, x]


@pixel_function
def mean_of(total, count):
    """Mean, in float32."""
    return np.float32(total / np.float32(count))
