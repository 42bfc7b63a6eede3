"""bkg_subtract of fields of spectra agrees with jwst."""

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from bench.agreement import compare
from gpucal.steps.images.bkg_subtract import BackgroundStep
from gpucal.steps.pointing.assign_wcs import AssignWcsStep
from tests.grism_fields import NX, NY, catalog, exposure, field_background, overrides, wavelengthrange


@pytest.fixture
def field(tmp_path, monkeypatch):
    """A field of noise, spectra and 1.3 times the background, some of it NaN; and references."""
    monkeypatch.chdir(tmp_path)  # jwst looks for the catalog there
    monkeypatch.setenv("GPUCAL_AS_PEER", "1")
    model = AssignWcsStep.call(exposure(), **overrides(tmp_path), sip_approx=False)
    path = field_background(tmp_path)
    with datamodels.open(path) as reference:
        model.data = 0.1 * model.data + 1.3 * reference.data
    model.data[100:160, 55:65] += 9
    model.data[7, 8:30] = model.err[7, 8:30] = np.nan
    model.err[9, 8:30], model.data[9, 8:30] = 0, 50
    image = model.meta.wcs.get_transform("detector", "world")
    model.meta.source_catalog = catalog(tmp_path / "field_cat.ecsv", lambda x, y: image(x, y, 1.0, 1.0)[:2]).name
    return model, {"override_bkg": str(path), "override_wavelengthrange": str(wavelengthrange(tmp_path))}


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize(
    "given",
    [{}, {"wfss_mmag_extract": 20.5, "wfss_outlier_percent": 5.0, "wfss_maxiter": 9, "wfss_rms_stop": 2.0}, "mask"],
)
def test_scaled_references_agree(field, peer_step, tmp_path, given):
    model, references = field
    if given == "mask":
        mine = datamodels.ImageModel()
        mine.mask = (np.indices((NY, NX)).sum(axis=0) % 3 == 0).astype(np.uint32)
        mine.save(tmp_path / "mine.fits")
        given = {"wfss_mask": str(tmp_path / "mine.fits")}
    expected = peer_step("bkg_subtract", model.copy(), **references, **given)
    assert expected.meta.cal_step.bkg_subtract == "COMPLETE"
    result = BackgroundStep.call(model, **references, **given)
    compare(result, expected).assert_agrees()
    np.testing.assert_array_equal(result.mask, expected.mask)
    assert result.meta.background.scaling_factor == pytest.approx(expected.meta.background.scaling_factor, rel=1e-6)


@pytest.mark.usefixtures("offline")
def test_failures_agree(field, peer_step):
    model, references = field
    model.dq[10:] |= 1
    expected = peer_step("bkg_subtract", model.copy(), **references)
    assert expected.meta.cal_step.bkg_subtract == "FAILED"
    result = BackgroundStep.call(model, **references)
    compare(result, expected).assert_agrees()
    np.testing.assert_array_equal(result.mask, expected.mask)
