"""Levels of the sky in the exposures of a product: in each by itself, and where two overlap."""

from collections import defaultdict
from typing import NamedTuple

import numpy as np

from gpucal.backend import current_backend
from gpucal.backend.traffic import TABLES
from gpucal.data import Exposure, Members
from gpucal.kernels.sky.sky_level import SkyLevel, SkyStatistic, sky_level
from gpucal.kernels.sky.spans import polygon_spans, whole_image
from gpucal.kernels.sky.usable_pixels import usable_values
from gpucal.wcs.polygons import Outline, outline, overlap
from gpucal.wcs.world import Wcs


class SkyGauge(NamedTuple):
    """How levels of the sky are found.

    Attributes
    ----------
    statistic : SkyStatistic
        Of the pixels.
    bad_bits : int
        Flags of pixels that are left out.
    stepsize : int or None
        See `gpucal.wcs.polygons.outline`.
    """

    statistic: SkyStatistic
    bad_bits: int
    stepsize: int | None

    def levels(self, exposure: Exposure, regions) -> list[SkyLevel | None]:
        """The levels in regions of an exposure, each an array of spans; see `gpucal.kernels.sky.spans`."""
        dq = exposure.dq if self.bad_bits else None
        values = usable_values(exposure.data, dq, self.bad_bits)
        backend = current_backend()
        return [sky_level(values, backend.asarray(spans, TABLES), self.statistic) for spans in regions]


def own_levels(members: Members, gauge: SkyGauge) -> list[SkyLevel | None]:
    """The level of the sky in each exposure; None where it has no usable pixel."""
    levels = []
    for place in range(len(members)):
        with members.lease(place) as exposure:
            levels += gauge.levels(exposure, [whole_image(exposure.data.shape)])
    return levels


def overlap_levels(members: Members, groups: list[list[int]], gauge: SkyGauge) -> dict[tuple[int, int], SkyLevel]:
    """The level of the sky in each group of exposures where it overlaps with another group.

    Pixels of each exposure are leased once, for all of its overlaps.

    Parameters
    ----------
    members : Members
        Images with world coordinates.
    groups : list of list of int
        Places of exposures that share a level.
    gauge : SkyGauge
        How levels are found.

    Returns
    -------
    dict of (int, int) to SkyLevel
        By group and other group. Of exposures of a group it is the mean, weighted by their numbers of pixels; pairs
        without usable pixels are left out.
    """
    coordinates = [exposure.get_wcs() for exposure in members]
    shapes = [exposure.shape_of("data") for exposure in members]
    outlines = [outline(*one, gauge.stepsize) for one in zip(coordinates, shapes, strict=True)]
    found = defaultdict(list)
    for number, group in enumerate(groups):
        for place in group:
            regions = {
                other: polygon_spans(polygons, shapes[place])
                for other, partners in enumerate(groups)
                if other != number
                and (polygons := _polygons(coordinates[place], outlines[place], [outlines[one] for one in partners]))
            }
            if regions:
                with members.lease(place) as exposure:
                    levels = gauge.levels(exposure, regions.values())
                for other, level in zip(regions, levels, strict=True):
                    found[number, other] += [level] if level else []
    return {pair: _mean(levels) for pair, levels in found.items() if levels}


def _polygons(wcs: Wcs, own: Outline, others: list[Outline]) -> list[np.ndarray]:
    """What an outline has in common with others, in pixels of its image."""
    parts = [part for other in others for part in overlap(own, other)]
    to_pixels = wcs.program(wcs.frame_names[-1], wcs.frame_names[0])
    return [to_pixels.at(*part).T for part in parts]


def _mean(levels: list[SkyLevel]) -> SkyLevel:
    npixels = sum(level.npixels for level in levels)
    return SkyLevel(sum(level.value * level.npixels for level in levels) / npixels, npixels)
