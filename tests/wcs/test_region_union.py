"""The union of footprints, cut to a grid."""

import numpy as np
import pytest

from gpucal.wcs.fits_imaging import fits_imaging
from gpucal.wcs.footprint import polygons_of, s_region
from gpucal.wcs.frames import plane, sky
from gpucal.wcs.nodes import bounding_box
from gpucal.wcs.output_grid import OutputGrid
from gpucal.wcs.region_union import union_on_grid
from gpucal.wcs.world import Wcs


@pytest.fixture(scope="module")
def grid():
    """One hundred columns and eighty rows, of 0.1 arcsec."""
    transform = fits_imaging((50, 40), (0.0, 30.0), (0.1 / 3600,) * 2, [[-1, 0], [0, 1]])
    transform["bounding_box"] = bounding_box(x=(-0.5, 99.5), y=(-0.5, 79.5))
    wcs = Wcs((plane("detector", ("x", "y"), "pixel"), sky()), (transform,), pixel_shape=(100, 80))
    return OutputGrid(wcs, (80, 100), 0.1, 1.0)


def region(grid, points):
    """The keyword of a polygon of pixels."""
    return s_region(grid.wcs.program().at(*np.array(points, float).T).T)


def corners(grid, text):
    """The polygons of a keyword, in pixels, each a set of corners."""
    back = grid.wcs.program("world", "detector")
    return [{tuple((np.round(point, 2) + 0.0).tolist()) for point in back.at(*one.T).T} for one in polygons_of(text)]


def square(x, y, side=20):
    return [(x, y), (x + side, y), (x + side, y + side), (x, y + side)]


def test_what_overlaps_is_one_polygon(grid):
    union = union_on_grid([region(grid, square(10, 10)), region(grid, square(20, 25))], grid)
    assert corners(grid, union) == [
        {(10, 10), (30, 10), (30, 25), (40, 25), (40, 45), (20, 45), (20, 30), (10, 30)}
    ]  # fmt: skip


def test_what_does_not_overlap_stays_apart(grid):
    both = region(grid, square(10, 10)) + "  " + region(grid, square(60, 40))
    assert sorted(corners(grid, union_on_grid([both], grid)), key=min) == [set(square(10, 10)), set(square(60, 40))]


def test_what_lies_outside_is_cut_off(grid):
    union = union_on_grid([region(grid, square(90, 70)), region(grid, square(200, 10))], grid)
    assert corners(grid, union) == [{(90, 70), (99.5, 70), (99.5, 79.5), (90, 79.5)}]
    assert union_on_grid([region(grid, square(200, 10))], grid) == ""


def test_equal_footprints_and_corners_that_are_none(grid):
    one = [(10, 10), (20, 10), (30, 10), (30.01, 10.01), (30, 30), (10, 30)]
    union = union_on_grid([region(grid, one), region(grid, one)], grid)
    (found,) = corners(grid, union)
    assert len(found) == 4
