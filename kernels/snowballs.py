"""Snowballs: large round events in near-infrared detectors, flagged with the faint halo around them.

A snowball saturates its core. Its jump reaches as far as single differences are significant, and the halo
farther. So the jump is flagged again as a larger ellipse, and the core as a slightly larger one.

Source: Regan (2023), JWST-STScI-008545, and the ``jump`` step of the JWST pipeline documentation,
https://jwst-pipeline.readthedocs.io/en/latest/jwst/jump/description.html.
"""

from dataclasses import dataclass

import numpy as np

from gpucal.backend import current_backend
from gpucal.kernels.dqflags import JUMP_DET, SATURATED
from gpucal.kernels.flagged_regions import contains, draw_ellipse, expanded_radii, find_regions, whole_radius


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
    Regions are found on the host: the flags of one integration at a time go there and back.
    """
    backend = current_backend()
    total, cores = 0, []
    for integration in range(groupdq.shape[0]):
        flags = backend.asnumpy(groupdq[integration])
        cores.append(np.zeros(flags.shape[1:], dtype=np.uint8))
        for group in range(1, flags.shape[0]):
            total += flag_group(flags, group, cores[-1], rules)
        groupdq[integration] = backend.asarray(flags)
    for integration, core in enumerate(cores[:-1], start=1):
        groupdq[integration, 1 : rules.next_groups] |= backend.asarray(core)
    return total


def flag_group(flags, group, core, rules):
    """Flag the snowballs that hit in one group.

    Parameters
    ----------
    flags : (ngroups, ny, nx) uint8 array
        Group flags of an integration on the host, edited.
    group : int
        The group, from 1 on.
    core : (ny, nx) uint8 array
        Receives JUMP_DET where a large core is.
    rules : SnowballRules
        What counts as a snowball.

    Returns
    -------
    int
        Number of snowballs.
    """
    jumps = find_regions(flags[group] & JUMP_DET != 0, rules.min_jump_area)
    if rules.sat_required:
        saturated = newly_saturated(flags, group, rules)
        cores = saturated + newly_saturated(flags, group + 1, rules)
        on_edge = [is_near_edge(jump, flags.shape[1], rules.edge_size) for jump in jumps]
        inside = [jump for jump, near in zip(jumps, on_edge, strict=True) if not near]
        jumps = [jump for jump, near in zip(jumps, on_edge, strict=True) if near] + with_core(inside, cores)
        for region in saturated:
            if region.ellipse.minor > rules.min_sat_radius_extend:
                flag_core(flags[group:], core, region.ellipse, rules)
    for jump in jumps:
        flag_jump(flags[group], jump.ellipse, rules)
    return len(jumps)


def newly_saturated(flags, group, rules):
    """Regions of pixels that saturate in a group; none after the last group."""
    if group >= flags.shape[0]:
        return []
    return find_regions(flags[group] & ~flags[group - 1] & SATURATED != 0, rules.min_sat_area)


def is_near_edge(region, nrows, edge_size):
    """Whether a region is so near the edge that its core may be off the detector.

    The number of rows stands for that of columns as well, in agreement with the pipeline.
    """
    farthest = max(0, nrows - edge_size)
    return min(region.x, region.y) < edge_size or max(region.x, region.y) > farthest


def with_core(jumps, cores):
    """Those of some jumps that have the centre of a core in their ellipse."""
    if not jumps or not cores:
        return []
    from scipy.spatial import KDTree

    centers = KDTree([(core.x, core.y) for core in cores])
    distances, _ = centers.query([(jump.x, jump.y) for jump in jumps])
    # No ellipse of connected pixels reaches as far as twice their number.
    near = [jump for jump, far in zip(jumps, distances, strict=True) if far <= 2 * jump.area]
    return [jump for jump in near if holds_center(jump.ellipse, centers)]


def holds_center(ellipse, centers):
    """Whether one of the points of a tree lies in an ellipse."""
    reach = max(abs(ellipse.minor), abs(ellipse.major)) / 2 + 1
    candidates = centers.query_ball_point((ellipse.x, ellipse.y), reach)
    return any(contains(ellipse, *centers.data[candidate]) for candidate in candidates)


def flag_core(flags, core, ellipse, rules):
    """Flag an extended core as saturated in all groups given, and mark the core itself."""
    growth = 2 * rules.sat_expand
    radii = (
        whole_radius(axis + growth, rules.max_extended_radius) for axis in (ellipse.minor, ellipse.major)
    )
    window, inside = draw_ellipse(ellipse, *radii, core.shape)
    flags[:, *window][:, inside] = SATURATED
    window, inside = draw_ellipse(ellipse, round(ellipse.minor / 2), round(ellipse.major / 2), core.shape)
    core[window][inside] = JUMP_DET


def flag_jump(flags, ellipse, rules):
    """Flag an expanded jump in one group, but for saturated pixels."""
    radii = expanded_radii(ellipse, rules.expand_factor, rules.max_extended_radius)
    window, inside = draw_ellipse(ellipse, *radii, flags.shape)
    flagged = flags[window]
    flagged[inside & (flagged & SATURATED == 0)] |= JUMP_DET
