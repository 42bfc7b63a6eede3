"""Contrast curves: throughput is that of companions which are really planted, limits are where they are found."""

import numpy as np
import pytest
from astropy.table import Table

from gpucal.backend import current_backend
from gpucal.core import GpucalError
from gpucal.data import Exposure
from gpucal.kernels.starlight.contrast import deviations, flux_at, point, point_fluxes
from gpucal.pictures import draw
from gpucal.steps.parts.starlight.cleaning import cleaned
from gpucal.steps.parts.starlight.contrast import _Planted
from gpucal.steps.parts.starlight.subtraction import Fit, Star, subtract_star
from gpucal.steps.starlight.klip import KlipStep
from tests.speckles import SIZE, cube, speckles

FWHM = 3.06
STAR = Star(31.7, 31.7)
SIDE = 0.063


@pytest.fixture(scope="module")
def pair():
    """A star and its references, with the keywords that a curve needs."""
    star = cube([speckles(), speckles()], seed=1)
    star.meta.photometry.pixelarea_arcsecsq = SIDE**2
    star.meta.photometry.pixelarea_steradians = SIDE**2 * np.deg2rad(1 / 3600) ** 2
    return star, cube([1.3 * speckles(drift=0.03, seed=seed) for seed in range(1, 5)], seed=2)


def curve(pair, folder, **parameters):
    star, references = (model.copy() for model in pair)
    KlipStep(contrast=True, psf_fwhm=FWHM, output_dir=str(folder), **parameters).run(star, references)
    (path,) = folder.glob("*_contrast.ecsv")
    return Table.read(path, format="ascii.ecsv"), path


@pytest.mark.parametrize("rings", [False, True])
def test_throughput_is_that_of_a_companion_in_the_data(pair, rings):
    backend, ones = current_backend(), np.ones((SIZE, SIZE), bool)
    distance = np.hypot(*(np.indices((SIZE, SIZE)) - 31.7))
    seen = ones & ~((distance > 10) & (distance < 12))
    parts = (distance < 14, distance >= 14) if rings else (ones,)
    fits = [Fit(backend.asarray(seen & part), backend.asarray(part)) for part in parts]
    star, stack = (cleaned(Exposure(model.copy()), 3, "DO_NOT_USE") for model in pair)
    x, y, flux = 31.7 + 13.3 * np.cos(0.7), 31.7 + 13.3 * np.sin(0.7), 40.0
    planted = star._replace(data=star.data + flux * point(x, y, FWHM, (SIZE, SIZE), backend.xp))
    gained = subtract_star(planted, stack, fits, 50).data[0] - subtract_star(star, stack, fits, 50).data[0]
    share = _Planted(stack, fits, 50, STAR, FWHM).share(x, y)
    assert share == pytest.approx(flux_at(gained, x, y, FWHM) / flux, abs=2e-3)
    assert 0.5 < share < 0.999


def test_fluxes_of_points_are_what_they_are():
    image = 7.0 * point(20, 12, 2.5, (40, 50), np)
    assert point_fluxes(image, 2.5)[12, 20] == pytest.approx(7.0, rel=1e-3)
    assert flux_at(image, 20, 12, 2.5) == pytest.approx(7.0)
    assert point(20, 12, 2.5, (40, 50), np).sum() == pytest.approx(1.0, abs=1e-4)


def test_limits_are_higher_where_places_are_few():
    assert deviations(1e6, 5) == pytest.approx(5.0, abs=1e-3)
    assert deviations(5, 5) > 30 and deviations(20, 5) > 6
    assert np.isnan(deviations(2, 5))


def test_the_table_and_its_picture(pair, tmp_path):
    table, path = curve(pair, tmp_path, star_flux=2.0)
    assert table.colnames == ["separation", "noise", "throughput", "limit", "contrast"]
    assert str(table["separation"].unit) == "arcsec" and str(table["limit"].unit) == "Jy"
    np.testing.assert_allclose(np.diff(table["separation"]), FWHM * SIDE)
    np.testing.assert_allclose(table["contrast"], table["limit"] / 2)
    far = table["separation"] > 1.2
    # noise of a flux in images of pixels of which two are averaged: sqrt(4 pi) sigma times that of a pixel
    pixel = 0.02 / np.sqrt(2) * SIDE**2 * np.deg2rad(1 / 3600) ** 2 * 1e6
    assert np.median(table["noise"][far]) == pytest.approx(np.sqrt(4 * np.pi) * FWHM / 2.3548 * pixel, rel=0.25)
    assert (table["throughput"] > 0.5).all() and (table["throughput"] < 1.01).all()
    assert draw(path, tmp_path / "curve.png").stat().st_size > 10_000


def test_a_companion_at_the_limit_is_found(pair, tmp_path):
    table, _ = curve(pair, tmp_path)
    row = table[np.argmin(abs(table["separation"] - 1.2))]
    radius, unit = row["separation"] / SIDE, SIDE**2 * np.deg2rad(1 / 3600) ** 2 * 1e6
    star, references = (model.copy() for model in pair)
    star.data += (row["limit"] / unit * point(31.7 + radius, 31.7, FWHM, (SIZE, SIZE), np)).astype(np.float32)
    left = KlipStep().run(star, references).data.mean(axis=0)
    found = flux_at(left, 31.7 + radius, 31.7, FWHM) * unit
    assert found / row["noise"] == pytest.approx(row["limit"] * row["throughput"] / row["noise"], abs=2.5)
    assert found > 3.5 * row["noise"]


def test_what_the_header_lacks_is_told(pair, tmp_path):
    star, references = (model.copy() for model in pair)
    star.meta.photometry.pixelarea_arcsecsq = None
    with pytest.raises(GpucalError, match="PIXAR_A2"):
        curve((star, references), tmp_path)
