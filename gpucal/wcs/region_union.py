"""The union of footprints, as polygons in the plane of an output grid.

Corners that are hardly any are left out as jwst 3.0.0 does, so that archives do not find points twice.
"""

from collections.abc import Sequence

import numpy as np

from gpucal.wcs.footprint import polygons_of, s_region
from gpucal.wcs.output_grid import OutputGrid
from gpucal.wcs.program import Program
from gpucal.wcs.world import Wcs

# Corners nearer than this to the one before, pixels, and those at which an outline turns less, radians, are left out.
_SHORTEST, _LEAST_TURN = 0.05, 1e-6


def union_on_grid(regions: Sequence[str], grid: OutputGrid) -> str:
    """The keyword S_REGION of all exposures together.

    Parameters
    ----------
    regions : sequence of str
        Theirs.
    grid : OutputGrid
        What lies outside of it is cut off.

    Returns
    -------
    str
        A polygon, or more; holes are not told. Empty if nothing is in the grid.
    """
    names = grid.wcs.frame_names
    return union(regions, grid.wcs.program(names[-1], names[0]), grid.wcs.program(names[0], names[-1]), grid.wcs)


def union(regions: Sequence[str], to_plane: Program, to_sky: Program, within: Wcs | None = None) -> str:
    """The keyword S_REGION of all exposures together.

    Parameters
    ----------
    regions : sequence of str
        Theirs.
    to_plane, to_sky : Program
        From the sky to a plane in which their edges are straight lines, and back; of more coordinates than two, which
        do not matter then, two count.
    within : Wcs, optional
        What lies outside of its bounding box, in the plane, is cut off.

    Returns
    -------
    str
        A polygon, or more; holes are not told. Empty if nothing is left.
    """
    from shapely import Polygon, box, unary_union  # here, because few runs need it

    placed = [_carried(to_plane, polygon) for region in regions for polygon in polygons_of(region)]
    parts = [Polygon(one) for one in _outlines(unary_union([Polygon(one) for one in placed]))]
    if within is not None:
        (left, right), (bottom, top) = within.bounding_box
        parts = [part.intersection(box(left, bottom, right, top)) for part in parts]
    return s_region(*(_carried(to_sky, one) for part in parts for one in _outlines(part)))


def _carried(program: Program, polygon: np.ndarray) -> np.ndarray:
    """A polygon, (n, 2), in another frame."""
    others = [np.ones(len(polygon))] * (program.ninputs - 2)
    return program.at(*polygon.T, *others)[:2].T


def _outlines(shape) -> list[np.ndarray]:
    """The outlines of the polygons that a shape is made of, each (n, 2)."""
    from shapely import get_parts

    polygons = [part for part in get_parts(shape) if part.geom_type == "Polygon" and not part.is_empty]
    return [_simplified(np.array(polygon.exterior.coords)[:-1]) for polygon in polygons]


def _simplified(polygon: np.ndarray) -> np.ndarray:
    """A polygon without corners that are hardly any."""
    before, after = polygon - np.roll(polygon, 1, 0), np.roll(polygon, -1, 0) - polygon
    turn = np.arctan2(before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0], (before * after).sum(1))
    return polygon[(np.abs(before).max(1) >= _SHORTEST) & (np.abs(turn) >= _LEAST_TURN)]
