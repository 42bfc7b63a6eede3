"""Series of SOSS with known truth."""

from dataclasses import replace

import numpy as np
import pytest
from astropy.io import fits
from stdatamodels.jwst import datamodels

from gpucal.cli.main import main
from gpucal.simulate import Dip, Effects, SossObservation, SossPlan, observe_soss
from gpucal.simulate.errors import SimulationError
from gpucal.simulate.soss import COMMANDED_POSITION
from gpucal.simulate.spectra.soss import soss_optics as optics
from gpucal.simulate.spectra.soss.soss_painting import column_rates, flux_of_columns
from gpucal.simulate.spectra.spectrum import Line, Spectrum

QUIET = Effects.only("stars", "sky")
SMALL = {"subarray": "SUBSTRIP96"}


@pytest.fixture(scope="module")
def series(tmp_path_factory):
    plan = SossPlan(nints=3, segments=2, transit=Dip(0.02, duration=0.3, ingress=0.1, slope=0.001), **SMALL)
    return observe_soss(tmp_path_factory.mktemp("soss"), plan, QUIET, ngroups=5)


def test_segments_are_one_series(series):
    with datamodels.open(series.exposures[1].path, strict_validation=True) as model:
        assert type(model).__name__ == "CubeModel"
        assert model.int_times["integration_number"].tolist() == [2, 3]
        assert (model.meta.exposure.integration_start, model.meta.exposure.nints) == (2, 3)
        first = model.int_times["int_start_MJD_UTC"][0]
    with fits.open(series.exposures[0].path) as hdus:
        assert hdus["INT_TIMES"].data["int_end_MJD_UTC"][-1] == pytest.approx(first, abs=1e-9)
    assert SossObservation.load(series.exposures[0].path.parent) == series


def test_a_transit_takes_its_part_of_the_star(series, tmp_path):
    truth = np.concatenate([exposure.truth.rate for exposure in series.exposures])
    dark = observe_soss(tmp_path, replace(series.plan, segments=1), Effects.only("sky"), ngroups=5)
    star = (truth - dark.exposures[0].truth.rate)[:, 24:46].sum(axis=1, dtype=float)  # of order 1
    wavelengths = optics.wavelengths_at(1, optics.COLUMNS, series.plan.position)
    seen = np.stack([np.ones(2048), 1 - 0.02 - 0.001 * (wavelengths - 1.5), np.ones(2048)])
    middle = slice(700, 1300)  # where the trace is in these rows
    np.testing.assert_allclose(star[:, middle] / star[0, middle], seen[:, middle], atol=2e-5)


def test_light_of_a_column_is_in_its_profile():
    rows = optics.rows_of(1, COMMANDED_POSITION + 0.1)
    shares = optics.profile(rows, -200, 600)
    np.testing.assert_allclose(shares.sum(axis=0), 1, atol=1e-9)
    np.testing.assert_allclose((shares * (np.arange(600)[:, None] - 200)).sum(axis=0), rows, atol=1e-4)


def test_a_turned_wheel_turns_traces():
    turned, straight = (optics.rows_of(1, COMMANDED_POSITION + turn) for turn in (0.2, 0.0))
    np.testing.assert_allclose(
        (turned - straight)[[24, 2024]], [-1000 * np.deg2rad(0.2), 1000 * np.deg2rad(0.2)], atol=0.3
    )


@pytest.mark.parametrize("order", [1, 2, 3])
def test_flux_of_columns_is_the_spectrum_at_its_resolution(order):
    wavelengths, flux = flux_of_columns(Spectrum(2.0, -1.0, 1.0), order, COMMANDED_POSITION)
    inside = slice(50, 1500)
    np.testing.assert_allclose(flux[inside], 2 / wavelengths[inside], rtol=2e-3)


def test_a_line_is_as_wide_as_the_resolution():
    middle = float(optics.wavelengths_at(1, 1000.0, COMMANDED_POSITION))
    rates = column_rates(Spectrum(0.0, lines=(Line(middle, 1e-3, 1e-5),)), 1, COMMANDED_POSITION)
    columns = np.arange(2048)
    place = (rates * columns).sum() / rates.sum()
    spread = (rates * (columns - place) ** 2).sum() / rates.sum()
    assert place == pytest.approx(1000, abs=0.02)
    assert np.sqrt(spread - 1 / 12) == pytest.approx(float(optics.resolution_sigma(middle)), rel=0.01)


def test_a_subarray_that_is_none():
    with pytest.raises(SimulationError, match="no SOSS subarray 'FULL'"):
        SossPlan(subarray="FULL")


def test_command(tmp_path, capsys):
    assert main(["simulate", str(tmp_path), "--observation", "soss", "--subarray", "substrip96", "--nints", "1"]) == 0
    assert "jw01000001001_04101_00001_nis_rate.fits" in capsys.readouterr().out
    assert main(["simulate", str(tmp_path), "--observation", "soss", "--grating", "PRISM"]) == 1
    assert "--grating does not hold for --observation soss" in capsys.readouterr().err
