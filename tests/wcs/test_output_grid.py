"""Grids of mosaics hold all exposures, and refuse what has strayed."""

from types import SimpleNamespace

import numpy as np
import pytest

from gpucal.errors import GpucalError
from gpucal.wcs.fits_imaging import fits_imaging
from gpucal.wcs.footprint import footprint, polygons_of, s_region
from gpucal.wcs.frames import plane, sky
from gpucal.wcs.nodes import bounding_box
from gpucal.wcs.output_grid import GridOptions, output_grid
from gpucal.wcs.pixel_scale import mean_pixel_area
from gpucal.wcs.sphere import middle, polygon_area, separation
from gpucal.wcs.stray_pointings import StrayPointingError, check_pointings
from gpucal.wcs.world import Wcs

SCALE = 0.03 / 3600


def exposure(name, center, turn=0.0, shape=(40, 60)):
    """An exposure without distortion, and its WCS."""
    ny, nx = shape
    cosine, sine = np.cos(np.deg2rad(turn)), np.sin(np.deg2rad(turn))
    pc = [[-cosine, sine], [sine, cosine]]
    transform = fits_imaging(((nx - 1) / 2, (ny - 1) / 2), center, (SCALE, SCALE), pc)
    transform["bounding_box"] = bounding_box(x=(-0.5, nx - 0.5), y=(-0.5, ny - 0.5))
    wcs = Wcs((plane("detector", ("x", "y"), "pixel"), sky()), (transform,))
    info = SimpleNamespace(ra_ref=center[0], dec_ref=center[1], roll_ref=turn, v3yangle=0.0, vparity=-1,
                           s_region=s_region(footprint(wcs)))  # fmt: skip
    made = SimpleNamespace(meta=SimpleNamespace(wcsinfo=info), source=name, shape_of=lambda name: shape)
    return made, wcs


def grid_of(*pairs, **options):
    exposures, wcses = zip(*pairs, strict=True)
    return output_grid(exposures, wcses, GridOptions(**options))


def extent(grid, wcs):
    """Least and most x and y of the corners of an exposure on a grid."""
    points = grid.wcs.program("world", "detector").at(*footprint(wcs).T)
    return points.min(1), points.max(1)


@pytest.mark.parametrize("ratio", [1.0, 0.37, 2.0])
def test_all_of_each_exposure_lies_in_the_grid(ratio):
    pairs = [exposure("a", (10.0, 60.0)), exposure("b", (10.0001, 60.0002), 30.0), exposure("c", (9.9998, 60.0), -4.0)]
    grid = grid_of(*pairs, pixel_scale_ratio=ratio)
    ny, nx = grid.shape
    extents = [extent(grid, wcs) for _, wcs in pairs]
    least, most = np.min([low for low, _ in extents], 0), np.max([high for _, high in extents], 0)
    assert (least >= -0.5 - 1e-3).all() and (most <= [nx - 0.5 + 1e-3, ny - 0.5 + 1e-3]).all()
    assert (most > [nx - 1.5, ny - 1.5]).all() and (least < 0.5).all()  # and no row or column is in vain


def test_one_exposure_has_a_pixel_more_than_jwst_gives_it():
    pair = exposure("a", (10.0, 60.0))
    assert grid_of(pair, all_borders=False).shape == (40, 60)
    assert grid_of(pair).shape == (41, 61)  # its corner lies on the centre of the first pixel
    low, high = extent(grid_of(pair), pair[1])
    np.testing.assert_allclose(low, 0, atol=1e-4)
    np.testing.assert_allclose(high, [60, 40], atol=1e-4)


def test_the_user_places_the_grid():
    pair = exposure("a", (10.0, 60.0), 20.0)
    grid = grid_of(pair, crpix=(4.0, 6.0), crval=(10.0, 60.0), output_shape=(30, 20), rotation=0.0, pixel_scale=0.06)
    assert grid.shape == (20, 30) and grid.pixel_scale == pytest.approx(0.06, rel=1e-15)
    assert grid.pixel_scale_ratio == pytest.approx(2.0, rel=1e-7)
    place = grid.wcs.program().at([4.0, 4.0, 5.0], [6.0, 7.0, 6.0]).T
    np.testing.assert_allclose(place[0], (10.0, 60.0), rtol=0, atol=1e-12)
    np.testing.assert_allclose(place[1], (10.0, 60.0 + 0.06 / 3600), rtol=0, atol=1e-9)  # north is up
    assert place[2][0] < 10.0


def test_what_a_header_lacks_is_named():
    one, wcs = exposure("a_cal.fits", (10.0, 60.0))
    one.meta.wcsinfo.vparity = one.meta.wcsinfo.v3yangle = None
    with pytest.raises(GpucalError, match="a_cal.fits: the header lacks V3I_YANG, VPARITY"):
        grid_of((one, wcs))
    one, wcs = exposure("a_cal.fits", (10.0, 60.0))
    one.meta.wcsinfo.s_region = None
    with pytest.raises(GpucalError, match="a_cal.fits: the header lacks S_REGION; run assign_wcs"):
        grid_of((one, wcs))


@pytest.mark.parametrize("shape", [(40, 60), (1024, 900)])
def test_the_mean_area_of_pixels(shape):
    _, wcs = exposure("a", (10.0, 60.0), 20.0, shape)
    assert mean_pixel_area(wcs, shape) == pytest.approx(np.deg2rad(SCALE) ** 2, rel=1e-7)


def test_a_mosaic_of_less_than_two_pixels_is_refused():
    with pytest.raises(GpucalError, match="the mosaic would have 0 x 0 pixels"):
        grid_of(exposure("a", (10.0, 60.0)), pixel_scale_ratio=1000.0, all_borders=False)


def test_a_stray_exposure_is_named():
    near = [exposure(f"near{number}", (10.0 + 0.0002 * number, 60.0)) for number in range(3)]
    stray = exposure("stray", (10.0, 61.0))
    with pytest.raises(StrayPointingError, match=r"1 of 4 exposures are 60\.0 arcmin .* nearly empty: stray\. Check"):
        grid_of(stray, *near)
    assert grid_of(stray, *near, crval=(10.0, 60.0), crpix=(5, 5), output_shape=(50, 60)).shape == (60, 50)


def test_a_chain_of_exposures_may_be_long():
    squares = [np.array([(0, 0), (0, 0.01), (0.01, 0.01), (0.01, 0)]) + (0.02 * number, 0) for number in range(300)]
    check_pointings([str(number) for number in range(300)], squares)
    with pytest.raises(StrayPointingError, match=r"2 of 6 exposures .*: 0, 1\."):
        check_pointings([str(number) for number in range(6)], [squares[0], squares[1], *squares[200:204]])


def test_regions_are_read_and_written():
    one, other = np.array([(1.5, -2.25), (1.25, 3.0), (2.0, 2.0)]), np.array([(350.0, -0.5), (351.0, 1e-6), (0.0, 9.0)])
    text = s_region(one, other)
    assert text.startswith("POLYGON ICRS  1.500000000 -2.250000000 1.25") and text.count("  POLYGON ICRS  350.0") == 1
    for read, given in zip(polygons_of(text), (one, other), strict=True):
        np.testing.assert_array_equal(read, given)


def test_the_middle_of_points_about_zero_hours():
    points = [(359.0, -1.0), (2.0, -1.0), (2.0, 1.0), (359.0, 1.0)]
    assert middle(points) == pytest.approx((0.5, 0.0), abs=1e-3)


def test_distances_and_areas_on_the_sphere():
    assert separation([0.0, 60.0], [1e-8, 60.0]) == pytest.approx(5e-9, rel=1e-9)
    octant = [(0.0, 0.0), (90.0, 0.0), (0.0, 90.0)]
    assert polygon_area(octant) == pytest.approx(np.pi / 2, rel=1e-12)
    side = np.rad2deg(1e-7)
    assert polygon_area([(0, 0), (side, 0), (side, side), (0, side)]) == pytest.approx(1e-14, rel=1e-9)
