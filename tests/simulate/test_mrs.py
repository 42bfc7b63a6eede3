"""Integral fields of MIRI with known truth."""

from dataclasses import replace
from pathlib import Path

import asdf
import numpy as np
import pytest
from astropy.io import fits

from gpucal.associations import read_association
from gpucal.backend import current_backend
from gpucal.cli.main import main
from gpucal.simulate import CubeObservation, Effects, MrsPlan, observe_mrs
from gpucal.simulate.spectra.ifu.cross_artifact import cross_artifact, parameters
from gpucal.simulate.spectra.ifu.cube_associations import write_level2
from gpucal.simulate.spectra.ifu.cube_observation import BACKGROUND, SCIENCE, CubeExposure
from gpucal.simulate.spectra.ifu.cube_scene import CubeScene, ExtendedField, PointSource
from gpucal.simulate.spectra.ifu.mrs_optics import mrs_optics
from gpucal.simulate.spectra.ifu.mrs_painting import View, paint_mrs
from gpucal.simulate.spectra.ifu.mrs_plans import DITHERS
from gpucal.simulate.spectra.ifu.mrs_references import brightness_of_rate, pixel_response, throughput_on
from gpucal.simulate.spectra.ifu.mrs_settings import ARCSEC_SR, SHAPE, MrsSetting
from gpucal.simulate.spectra.spectrum import Spectrum
from gpucal.steps import AssignWcsStep
from gpucal.wcs.slices import slices_of
from gpucal.wcs.telescope import Pointing
from gpucal.wcs.world import Wcs

SETTING = MrsSetting("MIRIFUSHORT", "SHORT")
FIELD = ExtendedField(Spectrum(30.0, 1.0, 6.0), Spectrum(20.0), 0.5, -0.3, 1.5)


@pytest.fixture(scope="module")
def observation(tmp_path_factory):
    """One exposure without noise: a sky and a cloud, and the fringes of the fringe flat."""
    scene = CubeScene(PointSource(Spectrum(0.0)), FIELD)
    plan = MrsPlan(dithers=DITHERS[:1], scene=scene, residual_fringes=False, straylight=False)
    return observe_mrs(tmp_path_factory.mktemp("mrs"), plan, effects=Effects.only("stars", "sky"))


@pytest.fixture(scope="module")
def world(observation):
    """Right ascension, declination and wavelength as stage 2 has them."""
    with observation.crds():
        model = AssignWcsStep.call(observation.exposures[0].path, configure_log=False, disable_crds_steppars=True)
    return current_backend().asnumpy(slices_of(Wcs.of_kept(model.meta.wcs)).world)


def test_files_of_an_observation(observation):
    (exposure,) = observation.exposures
    assert exposure.path.name == "jw01000001001_02101_00001_mirifushort_rate.fits"
    header = fits.getheader(exposure.path)
    expected = {"DATAMODL": "IFUImageModel", "CHANNEL": "12", "BAND": "SHORT", "DITHOPFR": "EXTENDED-SOURCE"}
    assert {key: header[key] for key in expected} == expected
    assert CubeObservation.load(exposure.path.parent) == observation
    assert set(observation.references) == {
        *("distortion", "specwcs", "wavelengthrange", "regions", "flat", "fringe", "photom", "mrsxartcorr"),
        *("fringefreq", "cubepar", "extract1d", "apcorr", "mrsptcorr"),
    }


def test_planes_of_slices_lie_within_each_other(observation):
    with asdf.open(observation.references["regions"]) as file:
        planes = file["regions"][:]
    assert planes.shape == (9, *SHAPE)
    for lower, higher in zip(planes[:-1], planes[1:], strict=True):
        lit = higher > 0
        assert np.array_equal(lower[lit], higher[lit])
        assert lit.sum() < (lower > 0).sum()
    assert set(np.unique(planes[7])) == {0, *range(101, 122), *range(201, 218)}


def test_coordinates_of_stage_2_are_those_that_were_painted(observation, world):
    optics = mrs_optics(SETTING)
    header = fits.getheader(observation.exposures[0].path, "SCI")
    names = ("V2_REF", "V3_REF", "RA_REF", "DEC_REF", "ROLL_REF")
    pointing = Pointing(*(header[name] for name in names))
    ra, dec = observation.target
    for one in (optics.slices[3], optics.slices[30]):
        lit = one.throughput > 0.9
        waves = world[2][:, one.columns][lit]
        to_rest = 1 / (1 + header["VELOSYS"] / 299792458.0)
        np.testing.assert_allclose(waves, one.wavelengths[lit] * to_rest, rtol=1e-9)
        places = optics.to_telescope[one.channel](one.along[lit], np.full(lit.sum(), one.beta))
        east, north = View(pointing, _target(header), 60096.0).to_sky(*places)
        seen_east = (world[0][:, one.columns][lit] - ra) * 3600 * np.cos(np.deg2rad(dec))
        np.testing.assert_allclose(seen_east, east, atol=2e-3)
        np.testing.assert_allclose((world[1][:, one.columns][lit] - dec) * 3600, north, atol=2e-3)


def _target(header):
    """V2 and V3 of the first dither."""
    angle, (x, y) = np.deg2rad(header["V3I_YANG"]), DITHERS[0]
    x *= header["VPARITY"]
    along, across = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    return header["V2_REF"] + along, header["V3_REF"] + across


def test_brightness_comes_back_through_the_references(observation, world):
    references = {kind: fits.getdata(observation.references[kind], "SCI") for kind in ("flat", "fringe", "photom")}
    optics, day = mrs_optics(SETTING), fits.getheader(observation.exposures[0].path)["EXPMID"]
    left = optics.map_of(lambda one: throughput_on(day, one.channel, "SHORT", one.wavelengths))
    rate = observation.exposures[0].truth.rate
    brightness = rate / references["flat"] / references["fringe"] * references["photom"] / left
    ra, dec = observation.target
    east = (world[0] - ra) * 3600 * np.cos(np.deg2rad(dec))
    true = FIELD.brightness(east, (world[1] - dec) * 3600, world[2])
    known = np.isfinite(brightness) & np.isfinite(true) & (rate > 0)
    assert known.sum() > 0.6 * known.size
    ratio = brightness[known] / true[known]
    assert np.abs(np.median(ratio) - 1) < 1e-3
    assert np.abs(ratio - 1).max() < 0.01  # a pixel is a mean of the field


def test_slices_hold_the_flux_of_a_point():
    pointing = Pointing(-503.65, -318.74, 53.12, -27.8, 30.0)
    scene = CubeScene(PointSource(Spectrum(0.1), 0.21, -0.13))
    image = paint_mrs(SETTING, scene, View(pointing, (-503.4, -318.6), 60096.0), False, False)
    image /= pixel_response(SETTING)
    for channel, row in ((1, 300), (2, 700)):
        total = 0.0
        for one in mrs_optics(SETTING).slices:
            if one.channel != channel:
                continue
            waves, along = one.wavelengths[row], one.along[row]
            rate = np.where(one.throughput[row] > 0, image[row, one.columns], 0)
            rate /= throughput_on(60096.0, channel, "SHORT", waves)
            from_fringes = 1 + 0.12 * np.cos(2 * np.pi * 1e4 / waves / 2.9)
            brightness = rate * brightness_of_rate(channel, "SHORT", waves) / from_fringes
            total += np.nansum(brightness * np.abs(np.gradient(along)) * one.width * ARCSEC_SR * 1e6)
        assert total == pytest.approx(0.1, rel=0.01)


def test_cross_artifact_of_a_pixel():
    image = np.zeros(SHAPE)
    image[600, 200] = 100.0
    image[600, 1026] = 1e6  # beyond the halves that spread light
    spread = cross_artifact(image, SETTING)
    known = {name: values[600] for name, values in parameters(1).items()}
    away = np.arange(SHAPE[1]) - 200
    half = known["lor_fwhm"] / 2
    expected = known["lor_scale"] * half**2 / (half**2 + away**2)
    for times, scale in ((1, known["gau_scale1"]), (2, known["gau_scale2"])):
        sigma = times * known["gau_fwhm"] / (2 * np.sqrt(2 * np.log(2)))
        for side in (-1, 1):
            expected += scale * np.exp(-0.5 * ((away - side * times * known["gau_xoff"]) / sigma) ** 2)
    np.testing.assert_allclose(spread[600], 100 * expected, atol=1e-9)
    assert np.abs(np.delete(spread, 600, axis=0)).max() < 1e-9


def test_halves_of_the_long_detector_are_the_other_way_round():
    image = np.zeros(SHAPE)
    image[10, 100] = 1.0
    spread = cross_artifact(image, replace(SETTING, detector="MIRIFULONG"))
    known = parameters(4)
    assert spread[10, 100] == pytest.approx(known["lor_scale"][10], rel=1e-3)


def test_backgrounds_belong_to_their_setting(tmp_path):
    exposures = [
        CubeExposure(Path(tmp_path, f"{role}{band}_rate.fits"), tmp_path, "MIRIFUSHORT", role, 1, band)
        for band in ("SHORT", "LONG")
        for role in (SCIENCE, BACKGROUND)
    ]
    paths = write_level2(tmp_path, exposures, with_backgrounds=True)
    members = [[member.path.name for member in read_association(path).products[0].members] for path in paths]
    assert members == [[f"science{band}_rate.fits", f"background{band}_rate.fits"] for band in ("SHORT", "LONG")]


def test_bands_on_the_command_line(tmp_path, capsys):
    assert main(["simulate", str(tmp_path), "--observation", "mrs", "--bands", "medum"]) == 1
    assert "'MEDUM'" in capsys.readouterr().err
    assert main(["simulate", str(tmp_path), "--observation", "mrs", "--grating", "G395M"]) == 1
    assert "--grating does not hold for --observation mrs" in capsys.readouterr().err
    assert main(["simulate", str(tmp_path), "--observation", "nirspec-ifu", "--bands", "SHORT"]) == 1
    assert "--bands does not hold" in capsys.readouterr().err
