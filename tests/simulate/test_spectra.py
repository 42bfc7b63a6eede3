"""Observations through slits with known truth."""

import json
from dataclasses import replace

import numpy as np
import pytest
from astropy.io import fits
from stdatamodels.jwst import datamodels

from gpucal.associations import read_association
from gpucal.cli.main import main
from gpucal.simulate import Effects, SlitObservation, SlitPlan, observe_slits
from gpucal.simulate.errors import SimulationError
from gpucal.simulate.spectra.bar_shadows import shadow
from gpucal.simulate.spectra.shutter_layouts import many_slitlets
from gpucal.simulate.spectra.slit_losses import barshadow
from gpucal.simulate.spectra.spectrum import Line, Spectrum, with_lines
from gpucal.steps import AssignWcsStep
from gpucal.wcs.modes.nirspec.open_slits import open_slits, slit_wcs
from gpucal.wcs.world import Wcs

QUIET = Effects.only("stars", "sky")


@pytest.fixture(scope="module")
def observed(tmp_path_factory):
    """Observe, once for each set of arguments, with one cache for all."""
    made, cache = {}, tmp_path_factory.mktemp("cache")

    def make(name, effects=QUIET, rates=True, **changes):
        key = repr((name, effects, rates, changes))
        if key not in made:
            plan = SlitPlan.named(name, **changes)
            made[key] = observe_slits(tmp_path_factory.mktemp(name), plan, rates, effects, cache=cache, ngroups=5)
        return made[key]

    return make


def wcs_of(observation, exposure):
    with observation.crds():
        model = AssignWcsStep.call(exposure.path, configure_log=False, disable_crds_steppars=True)
    return Wcs.of_kept(model.meta.wcs)


SMALL = {"subarray": "SUBS200A1"}


def test_files_of_an_observation(observed):
    observation = observed("fixedslit", **SMALL)
    names = [exposure.path.name for exposure in observation.exposures]
    assert names == [f"jw01000001001_02101_0000{n}_nrs1_rate.fits" for n in (1, 2, 3)]
    (product,) = read_association(observation.level2[1]).products
    roles = {member.path.name: member.role for member in product.members}
    assert roles == {names[0]: "background", names[1]: "science", names[2]: "background"}
    (product,) = read_association(observation.level3).products
    assert len(product.members) == 3
    assert SlitObservation.load(observation.exposures[0].path.parent) == observation


@pytest.mark.parametrize("name", ["fixedslit", "bots", "lrs", "lrs-slitless"])
def test_data_models_open_rates(observed, name):
    observation = observed(name, **(SMALL if name == "fixedslit" else {}))
    path = observation.exposures[0].path
    with datamodels.open(path, strict_validation=True) as model:
        series = name in ("bots", "lrs-slitless")
        assert type(model).__name__ == ("CubeModel" if series else "ImageModel")
        assert model.data.ndim == 2 + series
        if series:
            assert model.int_times["integration_number"].tolist() == [1, 2, 3, 4, 5, 6]
        good = np.isfinite(model.data)
        truth = np.broadcast_to(observation.exposures[0].truth.rate, model.data.shape)
        np.testing.assert_allclose(model.data[good], truth[good], rtol=1e-5, atol=1e-5)


def test_lines_are_where_the_coordinates_say(observed):
    sharp = Spectrum(1e-6, lines=(Line(3.5, 1e-6, 1e-3), Line(4.5, 1e-6, 1e-3)))
    observation = observed("fixedslit", spectra={0: sharp}, offsets=((0.0, 0.0),), sky=Spectrum(0.0), **SMALL)
    wcs = wcs_of(observation, observation.exposures[0])
    (slit,) = open_slits(wcs)
    wavelengths = np.asarray(slit_wcs(wcs, slit).on_pixels(observation.exposures[0].truth.rate.shape)[2])
    rate = observation.exposures[0].truth.rate
    for line in sharp.lines:
        near = np.abs(wavelengths - line.wavelength) < 8e-3
        middle = np.sum(wavelengths[near] * rate[near]) / rate[near].sum()
        assert middle == pytest.approx(line.wavelength, abs=3e-4)  # a pixel is 1.8e-3


def test_nods_move_the_source_along_the_slit(observed):
    observation = observed("fixedslit", sky=Spectrum(0.0), **SMALL)
    rows = np.arange(64)
    middles = []
    for exposure in observation.exposures:
        profile = exposure.truth.rate[:, 1300:1310].sum(axis=1)
        middles.append(np.sum(rows * profile) / profile.sum())
    steps = np.diff(middles)
    assert steps == pytest.approx([7.6, 7.6], abs=0.1)  # 0.8 arcsec


def test_more_light_makes_more_counts(observed):
    faint = observed("lrs-slitless", sky=Spectrum(0.0)).exposures[0].truth.rate
    spectra = {0: replace(SlitPlan.named("lrs-slitless").spectra[0], lines=())}
    flat = observed("lrs-slitless", spectra=spectra, sky=Spectrum(0.0)).exposures[0].truth.rate
    twice = {0: replace(spectra[0], level=2 * spectra[0].level)}
    double = observed("lrs-slitless", spectra=twice, sky=Spectrum(0.0)).exposures[0].truth.rate
    np.testing.assert_allclose(double, 2 * flat, rtol=1e-5)
    assert (faint >= flat - 1e-3).all()


def test_spectrum():
    spectrum = with_lines(2.0, (1.0, 3.0), number=2, width=1e-3, slope=0)
    assert [line.wavelength for line in spectrum.lines] == [1.5, 2.5]
    assert spectrum(1.5) == pytest.approx(10.0)
    fine = np.linspace(1.4, 1.6, 4001)
    assert np.trapezoid(spectrum(fine) - 2.0, fine) == pytest.approx(spectrum.lines[0].flux)


def test_shadows_of_bars(tmp_path):
    path = tmp_path / "barshadow.fits"
    barshadow().save(path)
    places = np.array([[-0.5, 0.0, 0.5, 1.0, np.nan]])
    found = shadow(path, "x1", places, np.full(places.shape, 3.0))[0]
    assert found[1] == pytest.approx(1, abs=0.01) and found[3] == pytest.approx(1, abs=0.02)
    assert found[0] < 0.6 and 0.45 < found[2] < 0.55
    assert np.isnan(found[4])


def test_raw_ramps(observed):
    observation = observed("lrs-slitless", rates=False, nints=2)
    path = observation.exposures[0].path
    assert path.name.endswith("_uncal.fits")
    assert fits.getdata(path, "SCI").shape == (2, 5, 416, 72)
    assert fits.getheader(path)["EXP_TYPE"] == "MIR_LRS-SLITLESS"


def test_command(tmp_path, capsys):
    assert main(["simulate", str(tmp_path), "--observation", "lrs", "--rates"]) == 0
    assert "stage 3" in capsys.readouterr().out
    assert json.loads((tmp_path / "spectra.json").read_text())["level3"].endswith("spec3_asn.json")
    assert main(["simulate", str(tmp_path), "--observation", "lrs", "--dithers", "3"]) == 1
    assert "--dithers does not hold for --observation" in capsys.readouterr().err


def test_no_such_plan():
    with pytest.raises(SimulationError, match="no observation 'fixedslits'.*fixedslit"):
        SlitPlan.named("fixedslits")


def test_many_slitlets():
    plan = many_slitlets(100)
    slitlets = plan.configuration.slitlets
    shutters = {(one.quadrant, one.row // 100, column) for one in slitlets for column in one.columns}
    assert len(slitlets) == 100 and len(shutters) == 300
    sources = [one.source for one in slitlets if one.source and one.source > 0]
    assert sorted(plan.spectra) == sources
    assert {one.source is None for one in slitlets} == {True, False}
    with pytest.raises(SimulationError, match="room for 1 to 216 slitlets, not 500"):
        many_slitlets(500)
