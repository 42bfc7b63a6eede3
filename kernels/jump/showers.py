"""Showers: wide faint splashes of cosmic rays in the mid-infrared detector.

A shower is a connected region of one group that is brighter than usual after smoothing. It is flagged as an
ellipse, in its group and in those that follow, but for pixels whose rate that would change too much.

Source: Regan (2023), JWST-STScI-008545, and the ``jump`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/jump/description.html.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from gpucal.backend import array_namespace, current_backend, pixel_function, row_tiles, strip_kernel
from gpucal.backend.fit import check_fit, check_indices
from gpucal.backend.strips import Scratch, in_a_row
from gpucal.kernels.flags.dqflags import JUMP_DET, REFERENCE_PIXEL, SATURATED
from gpucal.kernels.jump.shower_signal import (
    FLAGGED,
    Exposed,
    find_bright,
    measure_ratio,
    ratio_space,
    ring_offsets,
    typical_differences,
)
from gpucal.kernels.regions.ellipse_flags import FlagEdit, edit_flags
from gpucal.kernels.regions.flagged_regions import find_regions, pixels_of
from gpucal.kernels.regions.region_ellipses import Ellipses, ellipses_of, expanded_radii

BYTES_PER_PIXEL = 32  # of temporaries, where an image is searched
# What `keep_small_changes` knows of each pixel: sums of differences and their numbers, before and after.
BEFORE, COUNT_BEFORE, AFTER, COUNT_AFTER, DIFFERENCE, KEPT_ROWS = range(6)


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
    Regions are found on the host: the places of bright pixels go there, and ellipses go back. The images of a group
    of many integrations are searched together.
    """
    check_fit(
        ramp=(ramp, "nints ngroups ny nx"),
        groupdq=(groupdq, "nints ngroups ny nx"),
        pixeldq=(pixeldq, "ny nx"),
        gain=(gain, "ny nx"),
        read_noise=(read_noise, "ny nx"),
    )
    nints, _, ny, nx = ramp.shape
    by_group = nints >= rules.clipping_integrations
    typical = typical_differences(ramp, groupdq, gain, read_noise, nframes, by_group)
    several = [
        find_showers(ramp[part], groupdq[part], pixeldq, gain, typical, rules).moved(part.start)
        for part in row_tiles(nints, BYTES_PER_PIXEL * ny * nx)
    ]
    found = Showers.joined(several)
    change_flags(ramp, groupdq, pixeldq, gain, found, rules)
    return found.groups.size


class Showers(NamedTuple):
    """The showers of some integrations.

    Attributes
    ----------
    ellipses : Ellipses
        Where they are.
    groups : (n,) int array
        Their groups.
    """

    ellipses: Ellipses
    groups: np.ndarray

    @classmethod
    def joined(cls, several) -> "Showers":
        """The showers of several, one after another."""
        ellipses, groups = zip(*several, strict=True)
        return cls(Ellipses.joined(ellipses), np.concatenate(groups))

    def moved(self, integrations) -> "Showers":
        """The same showers, their integrations counted from so many earlier."""
        return self._replace(ellipses=self.ellipses.moved(integrations))


def find_showers(ramp, groupdq, pixeldq, gain, typical, rules):
    """Find the showers of some integrations.

    Parameters
    ----------
    ramp, groupdq, pixeldq, gain, rules
        As in `flag_showers`.
    typical : TypicalDifferences
        Differences without showers.

    Returns
    -------
    Showers
        What was found.
    """
    nints, ngroups, *shape = ramp.shape
    offsets = ring_offsets(rules.inner_radius, rules.ring_width)
    ratio = ratio_space(pixeldq, nints, offsets)
    bright = array_namespace(ramp).empty((nints, *shape), dtype=bool)
    groups = range(1, ngroups)
    showers = []
    for group in groups:
        measure_ratio(group, ramp, groupdq, pixeldq, gain, *typical.of_group(group), ratio)
        find_bright(ratio, offsets, rules.snr_threshold, bright)
        showers.append(ellipses_of(find_regions(pixels_of(bright), shape, rules.min_area)))
    return Showers(Ellipses.joined(showers), np.repeat(groups, [ellipses.x.size for ellipses in showers]))


def change_flags(ramp, groupdq, pixeldq, gain, showers, rules):
    """Flag showers where that changes little, in place.

    Parameters
    ----------
    ramp, groupdq, pixeldq, gain, rules
        As in `flag_showers`.
    showers : Showers
        What was found.
    """
    nints, ngroups, ny, nx = ramp.shape
    check_fit(
        ramp=(ramp, "nints ngroups ny nx"),
        groupdq=(groupdq, "nints ngroups ny nx"),
        pixeldq=(pixeldq, "ny nx"),
        gain=(gain, "ny nx"),
        images=(showers.ellipses.images, "nshowers"),
        groups=(showers.groups, "nshowers"),
    )
    check_indices(showers.ellipses.images, nints)
    showered = np.unique(showers.ellipses.images)
    exposed = Exposed(*map(in_a_row, (ramp, groupdq, pixeldq, gain)))
    scratch, change = Scratch(samples=KEPT_ROWS), np.float32(rules.max_change)
    for part in row_tiles(len(showered), ngroups * ny * nx):
        integrations = showered[part]
        numbers = current_backend().asarray(integrations)
        extended = groupdq[numbers]
        extend_flags(extended, showers, integrations, rules)
        grid = len(integrations), ny * nx
        keep_small_changes(grid, scratch, numbers, exposed, in_a_row(extended), change)


def extend_flags(groupdq, showers, integrations, rules):
    """Flag the showers of some integrations in their groups and those that follow, each pixel until it saturates.

    Parameters
    ----------
    groupdq : (n, ngroups, ny, nx) uint8 array
        Group flags of these integrations, edited.
    showers : Showers
        The showers, on the host.
    integrations : (n,) int array
        The numbers of the integrations, in order.
    rules : ShowerRules
        How far they reach.
    """
    here = np.isin(showers.ellipses.images, integrations)
    ellipses, groups = showers.ellipses.select(here), showers.groups[here]
    ellipses = ellipses._replace(images=np.searchsorted(integrations, ellipses.images))
    radii = expanded_radii(ellipses, rules.expand_ratio, rules.max_extended_radius)
    stop_groups = groups + rules.following_groups + 1
    edit_flags(groupdq, ellipses, *radii, groups, stop_groups, FlagEdit(add=JUMP_DET, until=SATURATED))


@strip_kernel
def keep_small_changes(place, begin, end, samples, state, integrations, exposed, extended, max_change):
    """Take over the extended flags of the pixels of a strip whose mean difference that changes little."""
    ramp, groupdq, pixeldq, gain = exposed
    integration = integrations[place]
    width, factor, flags_of_pixels = end - begin, gain[begin:end], pixeldq[begin:end]
    for row in range(KEPT_ROWS):
        clear(samples[row], width)
    for group in range(1, ramp.shape[1]):
        earlier, counts = ramp[integration, group - 1, begin:end], ramp[integration, group, begin:end]
        differences = samples[DIFFERENCE]
        for lane in range(width):
            differences[lane] = counts[lane] * factor[lane] - earlier[lane] * factor[lane]
        flags = groupdq[integration, group - 1, begin:end], groupdq[integration, group, begin:end]
        add_unflagged(differences, *flags, width, samples[BEFORE], samples[COUNT_BEFORE])
        flags = extended[place, group - 1, begin:end], extended[place, group, begin:end]
        add_unflagged(differences, *flags, width, samples[AFTER], samples[COUNT_AFTER])
    small = samples[DIFFERENCE]
    for lane in range(width):
        mean_before = samples[BEFORE, lane] / samples[COUNT_BEFORE, lane]
        mean_after = samples[AFTER, lane] / samples[COUNT_AFTER, lane]
        is_small = abs(mean_before - mean_after) <= max_change and flags_of_pixels[lane] != REFERENCE_PIXEL
        small[lane] = np.float32(1) if is_small else np.float32(0)
    for group in range(ramp.shape[1]):
        flags, flags_extended = groupdq[integration, group, begin:end], extended[place, group, begin:end]
        for lane in range(width):
            flags[lane] = flags_extended[lane] if small[lane] else flags[lane]


@pixel_function
def clear(row, width):
    """Set a row to zero."""
    for lane in range(width):
        row[lane] = 0


@pixel_function
def add_unflagged(differences, flags_before, flags_after, width, total, count):
    """Add the differences, but for NaN, of groups without flags to a sum in float32, and count them."""
    for lane in range(width):
        counts = (flags_before[lane] | flags_after[lane]) & FLAGGED == 0 and differences[lane] == differences[lane]
        total[lane] += differences[lane] if counts else np.float32(0)
        count[lane] += np.float32(1) if counts else np.float32(0)
