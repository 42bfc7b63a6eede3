"""Slits are cut out of exposures, with their coordinates and what is told of them."""

import logging

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from gpucal.core import GpucalError
from gpucal.data import Exposure, InputError
from gpucal.errors import NoScienceData
from gpucal.steps.parts.coordinates import open_slits as parts
from gpucal.steps.spectra import extract_2d
from gpucal.steps.spectra.extract_2d import Extract2dStep
from gpucal.wcs.frames import composite, plane, sky, spectral
from gpucal.wcs.modes.nirspec.open_slits import OpenSlit
from gpucal.wcs.nodes import beside, bounding_box, chain, remap, scale, shift
from gpucal.wcs.world import Wcs

NY, NX = 30, 40
SLITS = [
    OpenSlit(name="S200A1", slit_id=-101, ymin=-0.5, ymax=0.5, source_id=1),
    OpenSlit(name=7, slit_id=7, source_id=-3, source_name="far", stellarity=0.25, shutter_state="1x1", quadrant=3,
             source_xpos=0.1, source_ypos=-0.2, source_ra=5.5, source_dec=-6.5, xcen=12, ycen=13, shutter_id=99,
             dither_position=2, ymin=-1.5, ymax=1.5, slit_xscale=1.3, slit_yscale=1.2),
    OpenSlit(name="12", slit_id=12, source_id=12),
]  # fmt: skip
BOXES = {"S200A1": ((3.2, 13.5), (4.5, 9.4)), "7": ((-0.5, 39.5), (9.5, 12.5)), "12": ((20, 25), (20, 29))}


def coordinates(slit):
    """x and y tenfold, and the wavelength: 1 micron, a hundredth more each pixel; by way of the frame of a slit."""
    to_slit = remap((0, 1, 0), 2)
    to_slit["bounding_box"] = bounding_box(**dict(zip(to_slit["inputs"], BOXES[str(slit.name)], strict=True)))
    to_sky = beside(scale(10.0), scale(10.0), chain(scale(0.01), shift(1.0)))
    world = composite("world", sky("sky"), spectral("spectral"))
    return Wcs((plane("detector", ("x", "y"), "pixel"), plane("slit_frame", ("x", "y"), ""), world), (to_slit, to_sky))


@pytest.fixture(autouse=True)
def known_slits(monkeypatch):
    """All exposures have these slits."""
    monkeypatch.setattr(extract_2d, "open_slits", lambda wcs: SLITS)
    monkeypatch.setattr(extract_2d, "slit_wcs", lambda wcs, slit: coordinates(slit))
    monkeypatch.setattr(Exposure, "get_wcs", lambda exposure: None)


def rate(kind="NRS_FIXEDSLIT", shape=(NY, NX)):
    model = datamodels.ImageModel(shape) if len(shape) == 2 else datamodels.CubeModel(shape)
    model.data = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    model.dq = model.data.astype(np.uint32) % 5
    for name in ("err", "var_poisson", "var_rnoise"):
        setattr(model, name, model.data / 7)
    model.meta.exposure.type = kind
    model.meta.filename = "made_rate.fits"
    model.meta.cal_step.assign_wcs = "COMPLETE"
    model.meta.instrument.fixed_slit = "S200A1"
    model.meta.bunit_data = "DN/s"
    return model


def box_of(name):
    return [(int(np.floor(low + 0.5)), int(np.floor(high + 0.5))) for low, high in BOXES[name]]


def test_all_arrays_are_those_of_the_boxes():
    given = rate()
    result = Extract2dStep.call(given)
    assert isinstance(result, datamodels.MultiSlitModel) and result.meta.cal_step.extract_2d == "COMPLETE"
    assert [slit.name for slit in result.slits] == ["S200A1", "7", "12"]
    for slit in result.slits:
        (x0, x1), (y0, y1) = box_of(slit.name)
        assert (slit.xstart, slit.xsize, slit.ystart, slit.ysize) == (x0 + 1, x1 - x0, y0 + 1, y1 - y0)
        for name in ("data", "dq", "err", "var_poisson", "var_rnoise"):
            np.testing.assert_array_equal(getattr(slit, name), getattr(given, name)[y0:y1, x0:x1])
        assert slit.wavelength.dtype == np.float32
        wanted = np.broadcast_to(1 + 0.01 * np.arange(x0, x1), slit.data.shape)
        np.testing.assert_allclose(slit.wavelength, wanted, rtol=1e-7)
        assert slit.meta.bunit_data == "DN/s"


def test_coordinates_are_those_of_the_pixels_of_the_cut(backend):
    slit = OpenSlit(name="S200A1")
    box = parts.box_of(coordinates(slit))
    assert box == (5, 3, 4, 11)
    wcs = parts.cut_wcs(coordinates(slit), box)
    assert wcs.bounding_box == ((-0.5, 10.5), (-0.5, 3.5))
    np.testing.assert_allclose(wcs.program().at(2, 1), [50, 60, 1.05])
    assert coordinates(slit).bounding_box == ((3.2, 13.5), (4.5, 9.4))


def test_only_shutters_tell_of_sources_of_the_msa():
    fixed = Extract2dStep.call(rate()).slits[1].instance
    assert "stellarity" not in fixed and fixed["source_id"] == -3
    slits = Extract2dStep.call(rate("NRS_MSASPEC")).slits
    told = {
        "source_name": "far", "stellarity": 0.25, "shutter_state": "1x1", "quadrant": 3, "source_xpos": 0.1,
        "source_ypos": -0.2, "source_ra": 5.5, "source_dec": -6.5, "xcen": 12, "ycen": 13, "shutter_id": 99,
        "dither_position": 2, "slit_ymin": -1.5, "slit_ymax": 1.5, "slit_xscale": 1.3, "slit_yscale": 1.2,
        "slitlet_id": 7, "source_id": -3,
    }  # fmt: skip
    assert {name: slits[1].instance[name] for name in told} == told
    assert slits[0].slitlet_id == 0  # of a fixed slit, its place


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({"slit_names": ["12", "S200A1"]}, ["S200A1", "12"]),
        ({"slit_names": "7"}, ["7"]),
        ({"source_ids": ["12", "-3"]}, ["7", "12"]),
        ({"slit_names": ["12"], "source_ids": ["12", "1"]}, ["12", "S200A1"]),
    ],
)
def test_some_of_the_slits(asked, names):
    assert [slit.name for slit in Extract2dStep.call(rate(), **asked).slits] == names


def test_slits_that_are_not_open_are_told(caplog):
    with caplog.at_level(logging.WARNING, "gpucal"):
        Extract2dStep.call(rate(), slit_names=["7", "S400A1"], source_ids=["88"])
    assert "No open slit is that of slit S400A1; open are S200A1, 7, 12" in caplog.text
    assert "No open slit is that of source 88; open are 1, -3, 12" in caplog.text


def test_no_slit_is_no_data():
    with pytest.raises(NoScienceData, match="no open slit is left") as error:
        Extract2dStep.call(rate(), slit_names=["S400A1"])
    assert error.value.exit_code == 64


def test_a_bright_object_is_a_series_of_its_first_slit():
    given = rate("NRS_BRIGHTOBJ", (4, NY, NX))
    given.int_times = np.zeros(4, given.get_dtype("int_times"))
    given.int_times["integration_number"] = np.arange(1, 5)
    result = Extract2dStep.call(given)
    assert isinstance(result, datamodels.SlitModel) and result.name == "S200A1"
    np.testing.assert_array_equal(result.data, given.data[:, 5:9, 3:14])
    assert result.wavelength.shape == (4, 11)
    np.testing.assert_array_equal(result.int_times["integration_number"], np.arange(1, 5))
    assert (result.source_xpos, result.source_ypos) == (0, 0)  # without offsets of a dither


def test_slits_of_a_series_hold_all_integrations():
    given = rate("NRS_LAMP", (3, NY, NX))
    result = Extract2dStep.call(given)
    np.testing.assert_array_equal(result.slits[2].data, given.data[:, 20:29, 20:25])
    assert result.slits[2].wavelength.shape == (9, 5)


def test_the_region_is_that_of_the_ends_of_the_slit():
    info = Extract2dStep.call(rate()).slits[0].meta.wcsinfo
    region = "POLYGON ICRS  -5.000000000 -5.000000000 -5.000000000 5.000000000 5.000000000 5.000000000"
    assert info.s_region == region + " 5.000000000 -5.000000000"
    np.testing.assert_allclose(info.spectral_region, [1 + 2e-8] * 2)


@pytest.mark.parametrize(
    ("kind", "change", "reason"),
    [
        ("NRS_IMAGE", {}, "have no slits that are cut out"),
        ("NRS_LAMP", {"instrument.grating": "MIRROR"}, "with the mirror has no spectra"),
        ("NRS_FIXEDSLIT", {"cal_step.assign_wcs": "SKIPPED"}, "assign_wcs was skipped"),
        ("NRS_FIXEDSLIT", {"cal_step.assign_wcs": None}, "assign_wcs was skipped"),
    ],
)
def test_other_exposures_stay_as_they_are(kind, change, reason, caplog):
    model = rate(kind)
    for place, value in change.items():
        model[f"meta.{place}"] = value
    with caplog.at_level(logging.INFO, "gpucal"):
        result = Extract2dStep.call(model)
    assert isinstance(result, datamodels.ImageModel) and result.meta.cal_step.extract_2d == "SKIPPED"
    assert reason in caplog.text


def test_a_slit_beyond_the_image_is_told():
    with pytest.raises(GpucalError, match="^made_rate.fits: a slit is not on the image .*; run assign_wcs again$"):
        Extract2dStep.call(rate(shape=(20, NX)))


def test_a_spectrum_of_the_sky_without_light_of_the_sky_is_refused():
    model = rate()
    model.meta.instrument.filter = "OPAQUE"
    with pytest.raises(InputError, match="made_rate.fits: EXP_TYPE is NRS_FIXEDSLIT, but FILTER is OPAQUE"):
        parts.place_source(None, coordinates(SLITS[0]), Exposure(model, "made_rate.fits"))
