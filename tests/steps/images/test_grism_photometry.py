"""photom of spectra without slits: what it does beyond the pixels that both pipelines make alike."""

import numpy as np
import pytest

from gpucal.reference import ReferenceFileError
from gpucal.steps import PhotomStep
from tests.grism_spectra import FIELD, NIRCAM_FIELD, field, photom


def calibrated(model, reference, **parameters):
    return PhotomStep.call(model, override_photom=reference, override_area="N/A", **parameters)


def test_an_order_without_row_stays_as_it_is(tmp_path, caplog):
    model = field()
    result = calibrated(model.copy(), photom(tmp_path / "photom.fits", orders=(1,)))
    assert any("2 spectra of order 2 go on without flux calibration" in line for line in caplog.messages)
    for slit, before in zip(result.slits, model.slits, strict=True):
        if slit.meta.wcsinfo.spectral_order == 2:
            np.testing.assert_array_equal(slit.data, before.data)
            assert slit.meta.bunit_data == "DN/s"
        else:
            assert slit.meta.bunit_data == "MJy/sr"
            assert slit.meta.photometry.pixelarea_steradians == pytest.approx(1e-13)


def test_nothing_to_calibrate_is_skipped(tmp_path):
    result = calibrated(field(), photom(tmp_path / "photom.fits", orders=(3,)))
    assert result.meta.cal_step.photom == "SKIPPED"


def test_a_pixel_beside_one_without_wavelength(tmp_path):
    """Its dispersion is that to its other neighbour."""
    model, lacking = field(), field()
    lacking.slits[0].wavelength[20, 3] = np.nan
    reference = photom(tmp_path / "photom.fits", FIELD)
    whole, result = (calibrated(one, reference).slits[0] for one in (model, lacking))
    assert np.isnan(result.data[20, 3])
    np.testing.assert_allclose(result.data[21, 3], whole.data[21, 3], rtol=0.01)


def test_a_unit_that_is_none_is_refused(tmp_path):
    with pytest.raises(ReferenceFileError, match="PHOTUNIT 'micron' is no unit that can become"):
        calibrated(field(NIRCAM_FIELD), photom(tmp_path / "photom.fits", NIRCAM_FIELD, unit="micron"))
