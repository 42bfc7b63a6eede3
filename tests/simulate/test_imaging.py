"""The parts of imaging observations: distortion, pointing, light, bands."""

import numpy as np
import pytest

from gpucal.simulate.detectors import detector_named
from gpucal.simulate.distortion import distorted_detectors, distortion_model, orientation_of, pixel_scale
from gpucal.simulate.errors import SimulationError
from gpucal.simulate.imaging_associations import optics_name
from gpucal.simulate.light import light_on
from gpucal.simulate.optics import BANDS, band_named
from gpucal.simulate.plan import Plan, visits_of
from gpucal.simulate.pointing import Attitude, PointingErrors, dither_offsets
from gpucal.simulate.projection import projection_of
from gpucal.simulate.sky import source_table
from gpucal.simulate.subarrays import subarray_named
from gpucal.wcs.documents import read_document
from gpucal.wcs.lowering import program_of
from gpucal.wcs.telescope import Pointing, to_sky


@pytest.fixture(scope="module")
def projection(tmp_path_factory):
    """A subarray of NRCA1, which sees (80.5, -69.5) in its middle."""
    import asdf

    path = tmp_path_factory.mktemp("reference") / "distortion.asdf"
    asdf.AsdfFile({"model": distortion_model("NRCA1")}).write_to(path)
    node = read_document(path)["model"]
    detector = detector_named("NRCA1")
    v2, v3 = program_of(node).at([1968.0], [1968.0])[:, 0]
    pointing = Pointing(float(v2), float(v3), 80.5, -69.5, 33.0)
    return projection_of(subarray_named(detector, "SUB160"), band_named(detector, ()), pointing, node, [])


@pytest.mark.parametrize("name", distorted_detectors())
def test_distortion_and_its_inverse(name):
    model = distortion_model(name)
    ny, nx = detector_named(name).size
    x, y = np.meshgrid(np.linspace(0, nx - 1, 9), np.linspace(0, ny - 1, 9))
    back = model.inverse(*model(x, y))
    assert np.hypot(back[0] - x, back[1] - y).max() < 6e-3
    middle = np.array(model(nx / 2, ny / 2))
    sides = [np.hypot(*(np.array(model(nx / 2 + dx, ny / 2 + dy)) - middle)) for dx, dy in ((1, 0), (0, 1))]
    assert np.sqrt(np.prod(sides)) == pytest.approx(pixel_scale(name), rel=5e-3)
    assert abs(orientation_of(name)[0]) < 6 and abs(orientation_of(name)[1]) == 1


def test_an_attitude_is_the_wcs_of_all_points_of_the_field_of_view():
    pointing = Pointing(86.1, -493.2, 0.001, -27.8, 33.0)
    there = Attitude(pointing).pointing_at(-120.0, -460.0)
    points = np.array([[-300.0, 0.0, 120.0], [-700.0, -1.0, -527.0]])
    one, other = (program_of(to_sky(one)).at(*points) for one in (pointing, there))
    np.testing.assert_allclose((other - one + 180) % 360 - 180, 0, atol=1e-11)
    assert there.ra_ref > 359.9
    assert Attitude(there).pointing_at(86.1, -493.2) == pytest.approx(pointing, abs=1e-9)


def test_pixels_are_found_exactly(projection):
    x, y = np.random.default_rng(2).uniform(-5, 165, (2, 40))
    np.testing.assert_allclose(projection.to_pixels(*projection.to_sky(x, y)), [x, y], rtol=0, atol=1e-7)
    assert np.isnan(projection.to_pixels([81.0, 260.5], [-69.5, 69.5])).all()


def test_areas_are_those_of_the_pixels(projection):
    square_degree = np.deg2rad(1) ** 2
    slopes = projection.slopes(np.array([80.0]), np.array([70.0]))[0]
    expected = abs(np.linalg.det(slopes)) / 3600**2 * square_degree
    assert projection.areas()[70, 80] == pytest.approx(expected, rel=1e-4)  # aberration is in the slopes
    assert projection.areas().shape == (160, 160)


@pytest.mark.parametrize("filter", ["F070W", "F200W"])
def test_the_light_of_a_source_is_all_there(projection, filter):
    band = band_named(detector_named("NRCA1"), (filter,))
    ra, dec = projection.to_sky(np.array([60.3, 90.0]), np.array([80.7, 60.0]))
    sources = source_table(ra=ra, dec=dec, flux=[2.0, 3.0], radius=[0.0, 0.12], axis_ratio=[1, 0.4], angle=[0, 30])
    star, galaxy = (light_on(projection, sources[number : number + 1], band) for number in (0, 1))
    assert star.sum() == pytest.approx(2, rel=2e-4) and galaxy.sum() == pytest.approx(3, rel=2e-3)
    y, x = np.mgrid[:160, :160]
    assert ((star * x).sum() / 2, (star * y).sum() / 2) == pytest.approx((60.3, 80.7), abs=0.04)  # undersampled
    inside = np.hypot((x - 90) * 0.0311, (y - 60) * 0.0311) < 1.0
    assert galaxy[inside].sum() > 0.99 * 3


def test_half_of_the_light_of_a_round_disk_is_within_its_radius(projection):
    band = BANDS["NIRCAM SHORT"][1]  # the sharpest
    ra, dec = projection.to_sky(np.array([80.0]), np.array([80.0]))
    image = light_on(projection, source_table(ra=ra, dec=dec, flux=[1.0], radius=[0.6]), band)
    y, x = np.mgrid[:160, :160]
    assert image[np.hypot(x - 80, y - 80) < 0.6 / 0.0312].sum() == pytest.approx(0.5, abs=0.01)


def test_encircled_light():
    band = BANDS["MIRI"][0]
    radii = np.linspace(0, 5, 200)
    shares = band.encircled(radii)
    assert shares[0] == 0 and shares[-1] == pytest.approx(1, abs=1e-6) and (np.diff(shares) >= 0).all()
    assert (band.encircled(radii[1:40], 0.11) < shares[1:40]).all()


def test_bands_are_named_by_what_chooses_the_light():
    long, niriss = detector_named("NRCBLONG"), detector_named("NIS")
    assert band_named(long, ("F200W", "f405n"))[:2] == ("F444W", "F405N")
    assert band_named(niriss, ("F115W",))[:2] == ("CLEAR", "F115W")
    assert band_named(niriss, ("F444W",))[:2] == ("F444W", "CLEARP")
    assert band_named(detector_named("GUIDER1"), ())[:2] == (None, None)
    with pytest.raises(SimulationError, match="MIRIFULONG is not simulated as an imager"):
        band_named(detector_named("MIRIFULONG"), ())


def test_products_are_named_by_both_wheels():
    names = [optics_name(BANDS[channel][0]) for channel in ("NIRCAM LONG", "NIRISS", "MIRI", "FGS")]
    assert names == ["clear-f444w", "clear-f200w", "f770w", "clear"]


def test_dithers_fill_their_square():
    offsets = dither_offsets(64, 2.0)
    assert np.abs(offsets).max() <= 1 and np.abs(offsets.mean(axis=0)).max() < 0.05
    phases = np.sort(offsets[:, 0] / 0.031 % 1)
    assert np.diff(phases).max() < 0.08


def test_errors_of_pointing_have_a_part_in_common():
    drawn = PointingErrors(common=1.0, relative=0.01, roll=0.1).draw(500, np.random.default_rng(1))
    assert drawn[:, :2].std(axis=0) == pytest.approx(0.01, rel=0.1) and drawn[:, 2].std() == pytest.approx(0.1, rel=0.1)
    assert np.abs(drawn[:, :2].mean(axis=0)).max() > 0.1


def test_a_plan_follows_its_target():
    plan = Plan(exposures=3, backgrounds=1, motion=(3600.0, 0.0), turn=10.0, spread=0.0)
    visits = visits_of(plan, (86.0, -493.0), 1.0, 40.0)
    assert [visit.role for visit in visits] == ["science"] * 3 + ["background"]
    assert [visit.passed[0] for visit in visits] == pytest.approx([0, 100, 200, 0])
    moved = np.diff([visit.pointing.ra_ref for visit in visits[:3]]) * np.cos(np.deg2rad(plan.dec)) * 3600
    assert moved == pytest.approx([100, 100], rel=1e-9)
    assert [visit.pointing.roll_ref for visit in visits[:3]] == [33, 43, 53]
    assert visits[3].pointing.dec_ref - plan.dec == pytest.approx(600 / 3600)
