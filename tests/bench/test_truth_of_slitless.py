"""Spectra without slits, and series, that are off by known amounts are told to be."""

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from bench.truth.slitless.measures import background_scale, measure_field, measure_series
from gpucal.simulate import GrismFieldObservation, GrismSeriesObservation
from gpucal.simulate.spectra.slitless.direct_image import DirectImage
from gpucal.simulate.spectra.slitless.grism_observation import GrismExposure
from gpucal.simulate.spectra.slitless.grism_plans import GrismSeriesPlan
from gpucal.simulate.spectra.slitless.grism_scene import OVERLAPPING, usual_sources

BAND = (1.75, 2.23)
STEP = 0.00468


def table(rows):
    columns = {name: np.stack([row[name] for row in rows]) for name in rows[0]}
    return fits.BinTableHDU(np.rec.fromarrays(list(columns.values()), dtype=[
        (name, column.dtype, column.shape[1:]) for name, column in columns.items()
    ]), name="EXTRACT1D")  # fmt: skip


def test_fields(tmp_path):
    """All are 2 % too bright, the fainter of two has as much light again, and the background is too faint."""
    exposure = GrismExposure(Path("a_rate.fits"), Path("a.npz"), "GR150R", 1)
    direct = DirectImage(*[Path()] * 3)
    observation = GrismFieldObservation(
        (exposure,), (), (), "F200W", BAND, {}, Path(), "", direct, usual_sources(BAND), 0.9
    )
    waves, rows = np.arange(1.70, 2.28, STEP), []
    for source in observation.sources:
        true = source.spectrum(waves)
        value = 1.02 * true + (true if source.label == OVERLAPPING[0][1] else 0)
        own = {"SOURCE_ID": np.array(source.label), "WAVELENGTH": waves}
        rows.append(own | {"FLUX": value, "FLUX_ERROR": 0.01 * true})
    first, second = table(rows), table(rows[:1])
    first.header["SPORDER"], second.header["SPORDER"] = 1, 2
    primary = fits.PrimaryHDU()
    primary.header["BKGD_SCL"] = 0.891
    fits.HDUList([primary, first, second]).writeto(tmp_path / "x1d.fits")
    points, extended, fainter = measure_field(observation, tmp_path / "x1d.fits")
    assert (points.continuum, extended.continuum) == pytest.approx((1.02, 1.02), abs=1e-6)
    assert points.total == pytest.approx(1.02, rel=1e-3)
    assert fainter.total == pytest.approx(2.02, rel=1e-3) and fainter.continuum == pytest.approx(2.02, abs=1e-6)
    assert background_scale(observation, tmp_path / "x1d.fits") == pytest.approx(-0.01)


def test_series(tmp_path):
    """A transit that is 500 ppm too deep, in one step of wavelengths 3000 ppm."""
    plan, rng = GrismSeriesPlan(), np.random.default_rng(1)
    transit = plan.transit
    observation = GrismSeriesObservation(
        (), (), (), "F444W", plan.wavelengths, {}, Path(), "", plan.spectrum, transit
    )
    waves, rows = np.arange(3.85, 5.0, 1e-3), []
    lost = transit.depth_at(waves) + 500e-6 + 2500e-6 * ((waves > 4.48) & (waves < 4.58))
    true = plan.spectrum(waves)
    for number in range(1, 7):
        value = 1.01 * true * (1 - lost * (number in (3, 4)))
        value = value + 1e-3 * true * rng.standard_normal(len(waves))
        rows.append({"INT_NUM": np.array(number), "WAVELENGTH": waves, "FLUX": value, "FLUX_ERROR": 1e-3 * true})
    fits.HDUList([fits.PrimaryHDU(), table(rows)]).writeto(tmp_path / "x1dints.fits")
    found = measure_series(observation, tmp_path / "x1dints.fits")
    assert found.flux == pytest.approx(1.01, abs=2e-4)
    assert found.depth == pytest.approx(500 + 2500 * 0.1 / 0.9, abs=100)
    assert found.error == pytest.approx(1e6 * 1e-3 * np.sqrt((1 / 2 + 1 / 4) / 100) / 1.01, rel=0.1)
    assert found.by_wavelength == pytest.approx(3000, abs=6 * found.error)
