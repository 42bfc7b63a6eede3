"""Snowballs: large round events in near-infrared detectors, flagged with the faint halo around them.

A snowball saturates its core. Its jump reaches as far as single differences are significant, and the halo
farther. So the jump is flagged again as a larger ellipse, and the core as a slightly larger one.

Source: Regan (2023), JWST-STScI-008545, and the ``jump`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/jump/description.html.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from gpucal.backend import row_tiles
from gpucal.kernels.flags.dqflags import JUMP_DET, SATURATED
from gpucal.kernels.regions.connected_runs import ranges
from gpucal.kernels.regions.ellipse_flags import FlagEdit, edit_flags
from gpucal.kernels.regions.flagged_regions import find_regions, pixels_of
from gpucal.kernels.regions.region_ellipses import Ellipses, contain, ellipses_of, expanded_radii, whole_radii

BYTES_PER_PIXEL = 16  # of temporaries, where the flags of an image are searched


@dataclass(frozen=True)
class SnowballRules:
    """What counts as a snowball, and how far it reaches.

    Attributes
    ----------
    min_jump_area : float
        Smallest region of jumps, pixels.
    min_sat_area : float
        Smallest region of newly saturated pixels, pixels.
    expand_factor : float
        Growth of a jump's minor axis; the major axis grows by as many pixels.
    sat_required : bool
        Whether a jump needs a saturated core, unless it is near the edge.
    min_sat_radius_extend : float
        Cores with a minor axis longer than this, in pixels, are extended.
    sat_expand : int
        Pixels to add to the radius of a core.
    edge_size : int
        A jump whose centre is within this distance of the edge needs no core, pixels.
    max_extended_radius : int
        Largest radius of what is flagged, pixels.
    next_groups : int
        Cores are flagged in the groups before this one of the next integration, the first one left out.
    """

    min_jump_area: float
    min_sat_area: float
    expand_factor: float
    sat_required: bool
    min_sat_radius_extend: float
    sat_expand: int
    edge_size: int
    max_extended_radius: int
    next_groups: int


def flag_snowballs(groupdq, rules):
    """Flag snowballs, in place.

    Jumps become JUMP_DET ellipses in their group; extended cores become SATURATED, and nothing else, from
    their group to the end of the integration, and JUMP_DET at the start of the next one. SATURATED pixels
    are not flagged as part of a jump.

    Parameters
    ----------
    groupdq : (nints, ngroups, ny, nx) uint8 array
        Group flags with jumps and saturation, edited.
    rules : SnowballRules
        What counts as a snowball.

    Returns
    -------
    int
        Number of snowballs; one that lasts for several groups counts in each.

    Notes
    -----
    Regions are found on the host: the places of flagged pixels go there, and ellipses go back. The images of a group
    of many integrations are searched together: one without candidates costs no more than a look at its flags.
    """
    nints, ngroups, ny, nx = groupdq.shape
    several = [
        find_snowballs(groupdq[part], rules).moved(part.start)
        for part in row_tiles(nints, BYTES_PER_PIXEL * ny * nx)
    ]
    found = Snowballs.joined(several)
    flag_jumps(groupdq, found, rules)
    flag_cores_after_reset(groupdq, found.cores, rules)
    return found.groups.size


class Snowballs(NamedTuple):
    """The snowballs of some integrations.

    Attributes
    ----------
    jumps : Ellipses
        Those of the jumps.
    groups : (njumps,) int array
        Their groups.
    cores : Ellipses
        Those of large cores.
    """

    jumps: Ellipses
    groups: np.ndarray
    cores: Ellipses

    @classmethod
    def joined(cls, several) -> "Snowballs":
        """The snowballs of several, one after another."""
        jumps, groups, cores = zip(*several, strict=True)
        return cls(Ellipses.joined(jumps), np.concatenate(groups), Ellipses.joined(cores))

    def moved(self, integrations) -> "Snowballs":
        """The same snowballs, their integrations counted from so many earlier."""
        return self._replace(jumps=self.jumps.moved(integrations), cores=self.cores.moved(integrations))


def find_snowballs(groupdq, rules):
    """Find the snowballs of some integrations; flag their cores, in place.

    Parameters
    ----------
    groupdq : (nints, ngroups, ny, nx) uint8 array
        Group flags. Extended cores become SATURATED, before the groups that follow are searched.
    rules : SnowballRules
        What counts as a snowball.

    Returns
    -------
    Snowballs
        What was found.
    """
    ngroups, *shape = groupdq.shape[1:]
    jumps, cores = [], []
    for group in range(1, ngroups):
        regions = find_regions(pixels_of(groupdq[:, group] & JUMP_DET != 0), shape, rules.min_jump_area)
        if not rules.sat_required:
            jumps.append(ellipses_of(regions))
            continue
        saturated = newly_saturated(groupdq, group, rules)
        on_edge = are_near_edge(regions, shape[0], rules.edge_size)
        inside = with_core(regions.select(~on_edge), [saturated, newly_saturated(groupdq, group + 1, rules)], shape[0])
        jumps.append(Ellipses.joined([ellipses_of(regions.select(on_edge)), inside]))
        cores.append(flag_cores(groupdq, group, ellipses_of(saturated), rules))
    groups = np.repeat(np.arange(1, ngroups), [ellipses.x.size for ellipses in jumps])
    return Snowballs(Ellipses.joined(jumps), groups, Ellipses.joined(cores))


def newly_saturated(groupdq, group, rules):
    """Regions of pixels that saturate in a group; none after the last group."""
    if group >= groupdq.shape[1]:
        return find_regions(np.empty(0, np.int64), groupdq.shape[2:], rules.min_sat_area)
    saturated = groupdq[:, group] & SATURATED > groupdq[:, group - 1] & SATURATED
    return find_regions(pixels_of(saturated), groupdq.shape[2:], rules.min_sat_area)


def are_near_edge(regions, nrows, edge_size):
    """Which regions are so near the edge that their cores may be off the detector.

    The number of rows stands for that of columns as well, in agreement with the pipeline.
    """
    farthest = max(0, nrows - edge_size)
    lowest, highest = np.minimum(regions.x, regions.y), np.maximum(regions.x, regions.y)
    return (lowest < edge_size) | (highest > farthest)


def with_core(jumps, cores, nrows):
    """The ellipses of those jumps that have the centre of a core in their ellipse.

    Parameters
    ----------
    jumps : Regions
        The jumps.
    cores : list of Regions
        The cores.
    nrows : int
        Rows of an image.

    Returns
    -------
    Ellipses
        Of the jumps with a core.
    """
    images, x, y = (np.concatenate([getattr(regions, name) for regions in cores]) for name in ("images", "x", "y"))
    jump, core = near_pairs(jumps, images, x, y, nrows)
    candidates, jump = np.unique(jump, return_inverse=True)
    ellipses = ellipses_of(jumps.select(np.isin(np.arange(len(jumps)), candidates)))
    inside = contain(ellipses.select(jump), x[core], y[core])
    return ellipses.select(np.unique(jump[inside]))


def near_pairs(regions, images, x, y, nrows):
    """Pairs of a region and a point of its image that may be in its ellipse, by their indices.

    A standard deviation is no more than half of an extent, so that no ellipse reaches farther from its centre than
    the diagonal of the box around its pixels.
    """
    reach = np.hypot(regions.boxes.height, regions.boxes.width) + 1
    rows = y + nrows * images  # in one column of images, one below another
    order = np.argsort(rows)
    centers = regions.y + nrows * regions.images
    first, stop = (np.searchsorted(rows[order], centers + way * reach) for way in (-1, 1))
    region = np.repeat(np.arange(len(regions)), stop - first)
    point = order[ranges(first, stop - first)]
    near = (images[point] == regions.images[region]) & (abs(x[point] - regions.x[region]) <= reach[region])
    return region[near], point[near]


def flag_cores(groupdq, group, cores, rules):
    """Flag the large ones of some cores, extended, as saturated from a group on, and nothing else; return these."""
    large = cores.select(cores.minor > rules.min_sat_radius_extend)
    growth, limit = 2 * rules.sat_expand, rules.max_extended_radius
    radii = whole_radii(large.minor + growth, limit), whole_radii(large.major + growth, limit)
    edit_flags(groupdq, large, *radii, group, groupdq.shape[1], FlagEdit(add=SATURATED, keep=0))
    return large


def flag_jumps(groupdq, snowballs, rules):
    """Flag expanded jumps in their groups, but for saturated pixels."""
    radii = expanded_radii(snowballs.jumps, rules.expand_factor, rules.max_extended_radius)
    groups = snowballs.groups, snowballs.groups + 1
    edit_flags(groupdq, snowballs.jumps, *radii, *groups, FlagEdit(add=JUMP_DET, until=SATURATED))


def flag_cores_after_reset(groupdq, cores, rules):
    """Flag large cores at the start of the integration after theirs, if there is one."""
    later = cores.moved(1)
    later = later.select(later.images < groupdq.shape[0])
    radii = whole_radii(later.minor), whole_radii(later.major)
    edit_flags(groupdq, later, *radii, 1, rules.next_groups, FlagEdit(add=JUMP_DET))
