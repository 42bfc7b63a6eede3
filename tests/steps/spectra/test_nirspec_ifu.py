"""The calibration of integral fields of NIRSpec: changes with time, flats of the user, and what cannot be used."""

import numpy as np
import pytest
from astropy.io import fits

from gpucal.data import InputError
from gpucal.data.coordinates import MissingWcsError
from gpucal.reference import ReferenceFileError
from gpucal.steps.images.flat_field import FlatFieldStep
from gpucal.steps.images.photom import PhotomStep
from gpucal.steps.parts.calibration.pixel_areas import SQUARE_ARCSEC
from gpucal.steps.spectra.pathloss import PathLossStep
from tests.nirspec_ifu import labels, references, small_field

FLATS, FLUXES, LOSSES = ("flat", "fflat", "sflat", "dflat"), ("photom", "area"), ("pathloss",)


@pytest.fixture
def given(tmp_path, monkeypatch):
    """References of small fields, as parameters: ``given("pathloss")``."""
    made = references(tmp_path, monkeypatch)
    return lambda *kinds: {f"override_{kind}": made[f"override_{kind}"] for kind in kinds}


@pytest.fixture
def table(given):
    """The rows of the photom reference for the prism, by extension."""

    def make(name):
        with fits.open(given("photom")["override_photom"]) as hdus:
            rows = np.array(hdus[name].data)
        return rows[rows["grating"].astype(str) == "PRISM"][0]

    return make


def test_fluxes_are_spread_over_the_pixels_of_each_slice(given, table):
    model = small_field()
    result = PhotomStep.call(model.copy(), apply_time_correction=False, **given(*FLUXES))
    row = table("PHOTOM")
    slices, inside = labels(), labels() > 0
    y, x = np.indices(slices.shape)
    wavelength = 1.03 + 0.005 * x + 0.0008 * y
    count = row["nelem"]
    response = np.interp(wavelength, row["wavelength"][:count], row["relresponse"][:count])
    area = 0.0105 * (1 + 0.002 * (slices - 1)) * SQUARE_ARCSEC
    usable = inside & np.isfinite(model.data)
    expected = (model.data * response * row["photmj"] / area)[usable]
    np.testing.assert_allclose(result.data[usable], expected, rtol=1e-6)
    assert np.all(result.dq[~inside] & 512)
    assert not np.any(result.dq[inside] & 512)
    np.testing.assert_array_equal(result.data[~inside], model.data[~inside])
    assert result.meta.bunit_data == "MJy/sr"
    assert result.meta.photometry.pixelarea_arcsecsq == pytest.approx(0.0105 * (1 + 0.002 * 14.5), rel=1e-6)


def test_the_throughput_changes_with_time_unless_jwst_is_followed(given, table, monkeypatch):
    model = small_field()
    with_time = PhotomStep.call(model.copy(), **given(*FLUXES))
    without = PhotomStep.call(model.copy(), apply_time_correction=False, **given(*FLUXES))
    day = model.meta.exposure.mid_time - 59800.0
    change = (1 - 0.01 * day / 365) * (0.05 * np.exp(-day / 200) + 0.97)
    change *= (day + 10.0) ** -0.02 / (375.0**-0.02 / 0.98)
    inside = (labels() > 0) & np.isfinite(model.data)
    np.testing.assert_allclose(without.data[inside] / with_time.data[inside], change, rtol=1e-5)
    keys = "conversion_megajanskys", "conversion_microjanskys"
    for key in keys:
        ratio = without.meta.photometry.instance[key] / with_time.meta.photometry.instance[key]
        assert ratio == pytest.approx(change, rel=1e-5)
    monkeypatch.setenv("GPUCAL_AS_PEER", "1")
    followed = PhotomStep.call(model.copy(), **given(*FLUXES))
    assert followed.meta.photometry.conversion_megajanskys == without.meta.photometry.conversion_megajanskys


def test_a_factor_that_is_none_is_told(given):
    overrides = given(*FLUXES)
    with fits.open(overrides["override_photom"], mode="update") as hdus:
        hdus["PHOTOM"].data["photmj"][:] = np.nan
    with pytest.raises(ReferenceFileError, match="photom reference .*: its factor for the exposure is nan"):
        PhotomStep.call(small_field(), **overrides)


def test_steps_are_undone(given):
    model = small_field()
    flat = FlatFieldStep.call(model.copy(), **given(*FLATS))
    losses = PathLossStep.call(flat.copy(), **given(*LOSSES))
    fluxes = PhotomStep.call(losses.copy(), **given(*FLUXES))
    assert fluxes.wavelength.dtype == np.float32
    known = np.isfinite(fluxes.data)
    assert 0.5 < known[labels() > 0].mean() < 1
    steps = (PhotomStep, FLUXES, losses), (PathLossStep, LOSSES, flat), (FlatFieldStep, FLATS, model)
    for step, kinds, before in steps:
        fluxes = step.call(fluxes, inverse=True, **given(*kinds))
        np.testing.assert_allclose(fluxes.data[known], before.data[known], rtol=1e-5)


def test_the_type_of_the_source_chooses_the_path_loss(given):
    model = small_field("POINT")
    point = PathLossStep.call(model.copy(), **given(*LOSSES))
    field = PathLossStep.call(model.copy(), source_type="EXTENDED", **given(*LOSSES))
    inside = (labels() > 0) & np.isfinite(model.data)
    np.testing.assert_allclose((model.data / point.data)[inside], point.pathloss_point[inside], rtol=1e-5)
    np.testing.assert_allclose((model.data / field.data)[inside], point.pathloss_uniform[inside], rtol=1e-5)
    assert np.isnan(point.pathloss_point[labels() == 0]).all()
    assert not np.allclose(point.pathloss_point[inside], point.pathloss_uniform[inside], rtol=1e-3)


def test_pixels_in_no_slice_are_not_to_be_used(given):
    result = FlatFieldStep.call(small_field(), **given(*FLATS))
    outside = labels() == 0
    for name in ("data", "err", "var_poisson", "var_rnoise", "var_flat"):
        assert np.isnan(getattr(result, name)[outside]).all()
    assert np.all(result.dq[outside] & 1)


def test_what_does_not_fit_is_told(given, tmp_path):
    model = small_field()
    small = tmp_path / "small.fits"
    cut = model.copy()
    for name in ("data", "err", "dq", "var_poisson", "var_rnoise"):
        setattr(cut, name, getattr(model, name)[:64])
    cut.save(small)
    with pytest.raises(InputError, match=r"holds a flat field of \(64, 128\) pixels"):
        FlatFieldStep.call(model.copy(), user_supplied_flat=str(small))
    areas = given("area")["override_area"]
    with fits.open(areas, mode="update") as hdus:
        hdus["AREA"].data["slice_id"][4] = 77
    with pytest.raises(ReferenceFileError, match="has no areas of pixels of slices 4"):
        PhotomStep.call(model.copy(), **given(*FLUXES))
    with pytest.raises(ReferenceFileError, match="has no area reference"):
        PhotomStep.call(model.copy(), **given("photom"), override_area="N/A")
    model.meta.wcs = None
    with pytest.raises(MissingWcsError):
        FlatFieldStep.call(model.copy(), **given(*FLATS))
