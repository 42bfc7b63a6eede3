"""bkg_subtract of fields of spectra: a scaled reference, fitted outside of all sources."""

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from gpucal.data import InputError
from gpucal.errors import GpucalError
from gpucal.steps.images.bkg_subtract import BackgroundStep
from gpucal.steps.pointing.assign_wcs import AssignWcsStep
from tests.grism_fields import NX, NY, catalog, exposure, field_background, overrides, wavelengthrange

SCALE = 1.3
pytestmark = pytest.mark.usefixtures("no_parameter_references")


@pytest.fixture
def no_parameter_references(monkeypatch):
    monkeypatch.setenv("STPIPE_DISABLE_CRDS_STEPPARS", "true")


@pytest.fixture
def field(tmp_path):
    """A field with coordinates and catalog, 1.3 times the background in it, and noise; and the references."""
    path = field_background(tmp_path)
    model = AssignWcsStep.call(exposure(), **overrides(tmp_path), sip_approx=False)
    with datamodels.open(path) as reference:
        rng = np.random.default_rng(2)
        model.data = (SCALE * reference.data + 0.02 * rng.standard_normal((NY, NX))).astype(np.float32)
    model.err = np.full((NY, NX), 0.02, np.float32)
    model.dq = np.zeros((NY, NX), np.uint32)
    image = model.meta.wcs.get_transform("detector", "world")
    path_of_catalog = catalog(tmp_path / "field_cat.ecsv", lambda x, y: image(x, y, 1.0, 1.0)[:2])
    model.meta.source_catalog = str(path_of_catalog)
    return model, {"override_bkg": str(path), "override_wavelengthrange": str(wavelengthrange(tmp_path))}


def boxes(model, order, star=3):
    """Where the light of a source of the catalogue is."""
    place = model.meta.wcs.get_transform("world", "grism_detector")
    image = model.meta.wcs.get_transform("detector", "world")
    ra, dec = image(60.3, 100.2, 1.0, 1.0)[:2] if star == 3 else image(120.8, 160.4, 1.0, 1.0)[:2]
    ends = [place(ra, dec, wave, order)[:2] for wave in (1.7, 2.2)]
    (left, right), (lower, upper) = (sorted(round(float(np.squeeze(end[axis]))) for end in ends) for axis in (0, 1))
    return np.s_[lower : upper + 1, left : right + 1]


def test_the_background_is_fitted_outside_of_all_orders(field, monkeypatch):
    model, references = field
    for order in (0, 1, 2):
        model.data[boxes(model, order, 5)] += 5
        model.data[boxes(model, order)] += 5
    before = model.data.copy()
    result = BackgroundStep.call(model, **references)
    assert result.meta.cal_step.bkg_subtract == "COMPLETE"
    assert result.meta.background.scaling_factor == pytest.approx(SCALE, abs=3e-4)
    with datamodels.open(references["override_bkg"]) as reference:
        taken = result.meta.background.scaling_factor * reference.data
        np.testing.assert_allclose(result.data, before - taken, atol=1e-5)
        np.testing.assert_array_equal(result.dq, reference.dq)
    assert result.mask.dtype == np.uint32
    assert not any(result.mask[boxes(model, order, star)].any() for order in (0, 1, 2) for star in (3, 5))

    monkeypatch.setenv("GPUCAL_AS_PEER", "1")
    like_peer = BackgroundStep.call(model, **references)
    assert like_peer.mask[boxes(model, 0)].all() and not like_peer.mask[boxes(model, 1)].any()


def test_faint_sources_are_not_masked(field):
    model, references = field
    result = BackgroundStep.call(model, wfss_mmag_extract=20.5, **references)
    assert result.mask[boxes(model, 1)].all() and not result.mask[boxes(model, 1, 5)].any()


def test_without_a_catalog_all_pixels_count(field, caplog):
    model, references = field
    model.meta.source_catalog = None
    result = BackgroundStep.call(model, **references)
    assert result.mask.all() and result.meta.background.scaling_factor == pytest.approx(SCALE, abs=3e-4)
    assert "has no catalog of sources" in caplog.text


def users_mask(folder, mask):
    model = datamodels.ImageModel()
    model.mask = mask.astype(np.uint32)
    model.save(folder / "mine.fits")
    return str(folder / "mine.fits")


def test_a_mask_of_the_user_stands_for_the_catalog(field, tmp_path):
    model, references = field
    mask = np.zeros((NY, NX))
    mask[:3, :4] = 1
    model.data[3:] += 7
    result = BackgroundStep.call(model, wfss_mask=users_mask(tmp_path, mask), **references)
    np.testing.assert_array_equal(result.mask, mask)
    assert result.meta.background.scaling_factor == pytest.approx(SCALE, rel=0.02)


@pytest.mark.parametrize("way", ["flags", "mask", "reference"])
def test_where_too_few_pixels_are_left_it_fails(field, tmp_path, way):
    model, references = field
    before, more = model.data.copy(), {}
    if way == "flags":
        model.dq[12:] = 1  # a twentieth is left
    elif way == "mask":
        more["wfss_mask"] = users_mask(tmp_path, np.zeros((NY, NX)))
    else:
        references["override_bkg"] = str(field_background(tmp_path, level=0.0))
    result = BackgroundStep.call(model, **references, **more)
    assert result.meta.cal_step.bkg_subtract == "FAILED"
    assert result.meta.background.scaling_factor == 0.0
    np.testing.assert_array_equal(result.data, before)
    assert result.mask.shape == before.shape


def test_without_a_reference_it_is_skipped(field):
    model, references = field
    result = BackgroundStep.call(model, **{**references, "override_bkg": "N/A"})
    assert result.meta.cal_step.bkg_subtract == "SKIPPED"


def test_masks_that_do_not_fit_are_refused(field, tmp_path):
    model, references = field
    with pytest.raises(InputError, match=r"mine.fits: its mask is \(3, 4\) pixels, and .* is \(240, 200\)"):
        BackgroundStep.call(model, wfss_mask=users_mask(tmp_path, np.ones((3, 4))), **references)
    with pytest.raises(InputError, match="bkg.fits: has no extension MASK"):
        BackgroundStep.call(model, wfss_mask=references["override_bkg"], **references)
    with pytest.raises(InputError, match="none.fits: cannot be read as a mask"):
        BackgroundStep.call(model, wfss_mask=str(tmp_path / "none.fits"), **references)


@pytest.mark.parametrize("percent", [-1.0, 50.0])
def test_not_all_pixels_are_outliers(field, percent):
    model, references = field
    with pytest.raises(GpucalError, match="wfss_outlier_percent is .*; give 0 or more, and less than 50"):
        BackgroundStep.call(model, wfss_outlier_percent=percent, **references)


def test_the_scatter_needs_the_direction_of_the_dispersion(field):
    model, references = field
    model.meta.wcsinfo.dispersion_direction = None
    model.meta.source_catalog = None
    with pytest.raises(GpucalError, match="DISPAXIS, and the header has None"):
        BackgroundStep.call(model, wfss_rms_stop=1.0, **references)
