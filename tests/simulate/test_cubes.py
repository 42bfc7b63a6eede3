"""Integral fields with known truth."""

import json

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from gpucal.associations import read_association
from gpucal.cli.main import main
from gpucal.simulate import CubeObservation, CubeScene, ExtendedField, NirspecIfuPlan
from gpucal.simulate.simulation import readout_of
from gpucal.simulate.spectra.ifu.cube_associations import write_level2, write_level3
from gpucal.simulate.spectra.ifu.cube_observation import BACKGROUND, IMPRINT, SCIENCE, CubeExposure
from gpucal.simulate.spectra.ifu.nirspec_ifu_headers import NirspecIfuHeader
from gpucal.simulate.spectra.ifu.nirspec_ifu_painting import NirspecIfuResponse, leaks, paint_scene
from gpucal.simulate.spectra.spectrum import Spectrum
from gpucal.steps import AssignWcsStep
from gpucal.wcs.slices import slices_of
from gpucal.wcs.world import Wcs

QUIET = [f"--no-{effect}" for effect in ("poisson", "read-noise", "cosmic-rays", "hot-pixels", "dark", "snowballs")]


@pytest.fixture(scope="module")
def observation(tmp_path_factory):
    """One exposure of the usual scene, and an imprint, both without noise; made by the command."""
    directory = tmp_path_factory.mktemp("cubes")
    told = ["--observation", "nirspec-ifu", "--rates", "--dithers", "1", "--backgrounds", "0", *QUIET]
    assert main(["simulate", str(directory), *told]) == 0
    return CubeObservation.load(directory)


@pytest.fixture(scope="module")
def slices(observation):
    """The slices of its first exposure."""
    with observation.crds():
        model = AssignWcsStep.call(observation.exposures[0].path, configure_log=False, disable_crds_steppars=True)
    return slices_of(Wcs.of_kept(model.meta.wcs))


def test_files_of_an_observation(observation):
    science, imprint = observation.exposures
    assert science.path.name == "jw01000001001_02101_00001_nrs1_rate.fits"
    assert (imprint.role, imprint.path.name) == (IMPRINT, "jw01000001001_02103_00001_nrs1_rate.fits")
    assert observation.of_role(BACKGROUND) == ()
    (product,) = read_association(observation.level2[0]).products
    assert [(member.path.name, member.role) for member in product.members] == [
        (science.path.name, SCIENCE),
        (imprint.path.name, IMPRINT),
    ]
    assert {"ifupost", "chromcorr", "cubepar", "apcorr"} < set(observation.references)
    assert observation.scene == NirspecIfuPlan().scene


def test_data_models_open_rates(observation):
    for exposure in observation.exposures:
        with datamodels.open(exposure.path, strict_validation=True) as model:
            assert type(model).__name__ == "IFUImageModel"
            assert model.meta.exposure.imprint == (exposure.role == IMPRINT)
            good = np.isfinite(model.data)
            np.testing.assert_allclose(model.data[good], exposure.truth.rate[good], rtol=1e-5, atol=1e-5)


def test_the_source_and_its_lines_are_where_they_were_put(observation, slices):
    ra, dec, wavelengths = np.asarray(slices.world)
    rate = observation.exposures[0].truth.rate - observation.exposures[1].truth.rate
    line = observation.scene.point.spectrum.lines[2]
    near = np.abs(wavelengths - line.wavelength) < 0.009
    east = (ra - observation.target[0]) * np.cos(np.deg2rad(observation.target[1])) * 3600
    north = (dec - observation.target[1]) * 3600
    near &= np.hypot(east - 0.1, north + 0.05) < 0.4
    light = np.clip(rate - 2, 0, None)  # what is extended makes less
    for place, true, error in ((east, 0.1, 0.01), (north, -0.05, 0.01), (wavelengths, line.wavelength, 4e-4)):
        assert np.sum((place * light)[near]) / light[near].sum() == pytest.approx(true, abs=error)


def test_what_is_extended_is_even(observation, slices):
    references = observation.references
    response = NirspecIfuResponse(references, "F290LP", "G395M", 60096.0)
    once, twice = (
        paint_scene(slices, CubeScene(field=ExtendedField(Spectrum(level))), observation.target, response)
        for level in (1.0, 2.0)
    )
    np.testing.assert_allclose(twice, 2 * once, rtol=1e-12)
    on_slices = np.asarray(slices.labels) > 0
    assert (once[~on_slices] == 0).all()
    later = NirspecIfuResponse(references, "F290LP", "G395M", 60096.0 + 365)
    aged = paint_scene(slices, CubeScene(field=ExtendedField(Spectrum(1.0))), observation.target, later)
    lost = aged[once > 0] / once[once > 0]
    assert 0.9 < lost.min() and lost.max() < 0.99 and np.ptp(lost) < 1e-12


def test_leaks():
    leak = leaks((2048, 2048), 0.2)
    assert leak.mean() == pytest.approx(0.2, rel=0.15) and leak.min() > 0.05
    assert leak[850:880].max() > 1.5


def test_headers_tell_the_roles():
    plan, readout = NirspecIfuPlan(), readout_of("NRS1", "FULL", None, 5, 1)
    science = NirspecIfuHeader(plan, readout, SCIENCE, 2)
    keywords = science.primary_keywords()
    assert (keywords["SRCTYAPT"], keywords["BKGDTARG"], keywords["IS_IMPRT"]) == ("POINT", False, False)
    assert (keywords["XOFFSET"], keywords["YOFFSET"], keywords["PATT_NUM"]) == (0.33, 0.21, 2)
    sky = NirspecIfuHeader(plan, readout, BACKGROUND, 1)
    keywords = sky.primary_keywords()
    assert (keywords["SRCTYAPT"], keywords["BKGDTARG"]) == ("EXTENDED", True)
    assert sky.file_name("rate") == "jw01000001001_03101_00001_nrs1_rate.fits"
    assert (sky.pointing.dec_ref - science.pointing.dec_ref) * 3600 == pytest.approx(40, abs=0.5)


def test_associations_keep_detectors_apart(tmp_path):
    exposures = [
        CubeExposure(tmp_path / f"{role}_{detector.lower()}_rate.fits", tmp_path / "truth.npz", detector, role, 1)
        for role in (SCIENCE, BACKGROUND)
        for detector in ("NRS1", "NRS2")
    ]
    for path, detector in zip(write_level2(tmp_path, exposures, True), ("nrs1", "nrs2"), strict=True):
        (product,) = read_association(path).products
        names = [one.path.name for one in product.members]
        assert names == [f"{role}_{detector}_rate.fits" for role in (SCIENCE, BACKGROUND)]
    (path, _) = write_level2(tmp_path, exposures, False)
    assert [one.role for one in read_association(path).products[0].members] == [SCIENCE]
    tree = json.loads(write_level3(tmp_path, exposures, "nirspec", "g395h-f290lp").read_text())
    (product,) = tree["products"]
    assert product["name"] == "jw01000-o001_t001_nirspec_g395h-f290lp"
    assert [one["expname"] for one in product["members"]] == ["science_nrs1_cal.fits", "science_nrs2_cal.fits"]


@pytest.mark.parametrize(
    "options, words",
    [
        (["--stars", "3"], "--stars does not hold for --observation nirspec-ifu"),
        (["--nints", "2"], "--nints does not hold for --observation nirspec-ifu"),
        (["--dithers", "9"], "--dithers of cubes are 1 to 4, not 9"),
        (["--grating", "G140X"], "no references are simulated for G140X"),
    ],
)
def test_options_that_do_not_fit(tmp_path, capsys, options, words):
    assert main(["simulate", str(tmp_path), "--observation", "nirspec-ifu", *options]) == 1
    assert words in " ".join(capsys.readouterr().err.split())
